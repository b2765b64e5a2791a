package dev.muster.storage.s3;

import dev.muster.worker.checkpoint.storage.CheckpointStorage;
import dev.muster.worker.checkpoint.storage.StorageModule;
import java.io.IOException;
import java.net.URI;

/** {@code s3://bucket/prefix?endpoint=…&region=…&path-style=…}, see docs/storage.md. */
public final class S3Module implements StorageModule {
  @Override
  public String scheme() {
    return "s3";
  }

  @Override
  public CheckpointStorage open(URI uri) throws IOException {
    var place = S3Place.parse(uri);
    return new S3Storage(place, S3Clients.open(place));
  }
}
