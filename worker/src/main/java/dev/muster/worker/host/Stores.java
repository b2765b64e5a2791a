package dev.muster.worker.host;

import dev.muster.worker.checkpoint.storage.CheckpointStorage;
import dev.muster.worker.checkpoint.storage.Storages;
import java.io.IOException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Keeps the storages of this process open: one of an object store holds a client. Any thread. */
final class Stores {
  private final ConcurrentMap<String, CheckpointStorage> open = new ConcurrentHashMap<>();

  /** Opened at its first use, where the failure belongs. */
  interface Opened {
    /**
     * @throws IOException no such place can be
     */
    CheckpointStorage get() throws IOException;
  }

  /**
   * @param place folder or URI
   */
  Opened of(String place) {
    return () -> {
      var known = open.get(place);
      if (known != null) {
        return known;
      }
      var opened = Storages.open(place);
      open.put(place, opened);
      return opened;
    };
  }
}
