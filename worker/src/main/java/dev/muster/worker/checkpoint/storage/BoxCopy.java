package dev.muster.worker.checkpoint.storage;

import java.lang.foreign.MemorySegment;

/**
 * Copies what two boxes of one tensor have in common from the memory of the one to the memory of
 * the other; both row-major. Dimensions that both boxes hold alike are one run of bytes with the
 * dimension above them, so a tensor split along its first dimension is one copy.
 *
 * <p>Pure but for the bytes; any thread.
 */
public final class BoxCopy {
  /** Bytes that follow each other in both memories. */
  interface Run<E extends Exception> {
    void copy(long sourceOffset, long targetOffset, long sizeBytes) throws E;
  }

  private final Box source;
  private final Box target;
  private final Box common;
  private final int elementBytes;

  /** Dimensions above the runs: each combination of their indexes is one run. */
  private final int outer;

  private BoxCopy(Box source, Box target, Box common, int elementBytes) {
    this.source = source;
    this.target = target;
    this.common = common;
    this.elementBytes = elementBytes;
    this.outer = outer();
  }

  /**
   * @param source memory of exactly {@code sourceBox}
   * @param target memory of exactly {@code targetBox}; bytes outside of the intersection stay
   */
  public static void copy(
      MemorySegment source, Box sourceBox, MemorySegment target, Box targetBox, int elementBytes) {
    requireSize("source", source, sourceBox, elementBytes);
    requireSize("target", target, targetBox, elementBytes);
    forEachRun(
        sourceBox,
        targetBox,
        elementBytes,
        (from, to, size) -> MemorySegment.copy(source, from, target, to, size));
  }

  static void requireSize(String what, MemorySegment memory, Box box, int elementBytes) {
    long expected = Math.multiplyExact(box.elements(), elementBytes);
    if (memory.byteSize() != expected) {
      throw new IllegalArgumentException(
          "memory does not fit its box: what="
              + what
              + " expectedBytes="
              + expected
              + " actualBytes="
              + memory.byteSize()
              + " box="
              + box);
    }
  }

  static <E extends Exception> void forEachRun(Box source, Box target, int elementBytes, Run<E> run)
      throws E {
    var common = source.intersect(target);
    if (common.isPresent()) {
      new BoxCopy(source, target, common.get(), elementBytes).visit(0, 0, 0, run);
    }
  }

  /** Bytes of each run; 0 when the boxes have nothing in common. */
  static long runBytes(Box source, Box target, int elementBytes) {
    return source
        .intersect(target)
        .map(common -> new BoxCopy(source, target, common, elementBytes).runBytes())
        .orElse(0L);
  }

  private int outer() {
    int d = common.dimensions();
    while (d > 0 && whole(d - 1)) {
      d--;
    }
    return Math.max(0, d - 1);
  }

  private boolean whole(int d) {
    return common.side(d).equals(source.side(d)) && common.side(d).equals(target.side(d));
  }

  private long runBytes() {
    return common.elements(outer) * elementBytes;
  }

  private <E extends Exception> void visit(int d, long sourceAt, long targetAt, Run<E> run)
      throws E {
    if (d == outer) {
      run.copy(sourceAt + inner(source), targetAt + inner(target), runBytes());
      return;
    }
    long sourceRow = source.elements(d + 1) * elementBytes;
    long targetRow = target.elements(d + 1) * elementBytes;
    for (long i = common.side(d).from(); i < common.side(d).to(); i++) {
      visit(
          d + 1,
          sourceAt + (i - source.side(d).from()) * sourceRow,
          targetAt + (i - target.side(d).from()) * targetRow,
          run);
    }
  }

  /** Where the run starts within its row; only its own dimension can start late. */
  private long inner(Box box) {
    return outer == common.dimensions()
        ? 0
        : (common.side(outer).from() - box.side(outer).from())
            * box.elements(outer + 1)
            * elementBytes;
  }
}
