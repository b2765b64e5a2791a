package dev.muster.worker.store;

/**
 * What clients may ask of one store. Those for single keys and values are PyTorch's own; all bytes
 * together are bounded because the store lives in the agent's heap.
 *
 * @param valueBytes of one value, also after an append
 * @param keys in the store, and in one query
 * @param bytes kept, being received and being sent, overheads included
 * @param connections at once; too few: groups with many sub-groups fail, too many: a script that
 *     leaks them takes the agent's file descriptors
 */
public record Limits(int keyBytes, int valueBytes, int keys, long bytes, int connections) {
  private static final int KEY_BYTES = 8 << 10;
  private static final int VALUE_BYTES = 8 << 20;
  private static final int KEYS = 128 << 10;
  private static final long BYTES = 64L << 20;
  private static final int CONNECTIONS = 64;
  private static final int CONNECTIONS_PER_RANK = 16;

  /** For a group of so many ranks. */
  public static Limits of(int worldSize) {
    return new Limits(
        KEY_BYTES, VALUE_BYTES, KEYS, BYTES, CONNECTIONS + CONNECTIONS_PER_RANK * worldSize);
  }
}
