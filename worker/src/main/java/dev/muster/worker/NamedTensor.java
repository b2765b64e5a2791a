package dev.muster.worker;

import dev.muster.collectives.DType;
import java.lang.foreign.MemorySegment;

/**
 * A piece of a trainer's state.
 *
 * @param name unique within the state, for example {@code blocks.0.attention.weight} or {@code
 *     adamw.m/blocks.0.attention.weight}
 * @param globalShape of the whole tensor over all ranks
 * @param box the part this rank holds: {@code [from, to)} per dimension; the whole shape when
 *     replicated
 * @param memory native memory of the box, row-major
 */
public record NamedTensor(
    String name, DType dtype, long[] globalShape, long[][] box, MemorySegment memory) {
  /** A tensor that every rank holds in full. */
  public static NamedTensor replicated(
      String name, DType dtype, long[] shape, MemorySegment memory) {
    long[][] box = new long[shape.length][];
    for (int d = 0; d < shape.length; d++) {
      box[d] = new long[] {0, shape[d]};
    }
    return new NamedTensor(name, dtype, shape, box, memory);
  }
}
