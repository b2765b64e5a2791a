package dev.muster.worker.store;

/** Bytes that one store may keep, whatever for. One thread. */
final class Memory {
  /** Of objects and tables, for each key, value or awaited key. */
  static final int OVERHEAD_BYTES = 96;

  private final long most;
  private long used;

  Memory(long most) {
    this.most = most;
  }

  /**
   * Books bytes, or gives them back when negative.
   *
   * @throws BadQueryException there is no room; nothing is booked
   */
  void change(long bytes) throws BadQueryException {
    if (bytes > 0 && used + bytes > most) {
      throw new BadQueryException(
          "store is full: usedBytes=" + used + " asked=" + bytes + " most=" + most);
    }
    used += bytes;
  }

  void release(long bytes) {
    used -= bytes;
  }

  long usedBytes() {
    return used;
  }
}
