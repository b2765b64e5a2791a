package dev.muster.worker.checkpoint.snapshot;

import java.nio.file.Path;

/**
 * A snapshot whose bytes are not those that were written. Definite: nothing of it may be used; take
 * the state from elsewhere.
 */
public final class SnapshotDamagedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  SnapshotDamagedException(Path file, String where, String expected, String actual) {
    super(
        "snapshot is damaged: file="
            + file
            + " where=["
            + where
            + "] expected="
            + expected
            + " actual="
            + actual
            + "; take the state from another rank, a peer host or storage");
  }

  /** Throws unless the checksum of what lies at {@code where} is the one that was stored. */
  static void require(Path file, String where, int expected, int actual) {
    if (expected != actual) {
      throw new SnapshotDamagedException(file, where, crc(expected), crc(actual));
    }
  }

  private static String crc(int value) {
    return "crc32c:" + Integer.toHexString(value);
  }
}
