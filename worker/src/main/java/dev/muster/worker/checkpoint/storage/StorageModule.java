package dev.muster.worker.checkpoint.storage;

import java.io.IOException;
import java.net.URI;

/** Makes storages of one kind; found by {@link java.util.ServiceLoader}. Any thread. */
public interface StorageModule {
  /** Of the URIs that it understands, such as {@code s3}. */
  String scheme();

  /**
   * Asks nobody: whether the place exists shows when it is used.
   *
   * @throws IOException definite: this URI names no place; says what is wrong with it
   */
  CheckpointStorage open(URI place) throws IOException;
}
