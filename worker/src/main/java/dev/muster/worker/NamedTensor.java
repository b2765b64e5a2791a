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
 * @param replicated whether every rank holds it in full. The box alone does not tell: of a sharded
 *     tensor one rank may hold all and the others nothing
 */
public record NamedTensor(
    String name,
    DType dtype,
    long[] globalShape,
    long[][] box,
    MemorySegment memory,
    boolean replicated) {
  /** A tensor of which this rank holds {@code box} and other ranks hold other boxes. */
  public NamedTensor(
      String name, DType dtype, long[] globalShape, long[][] box, MemorySegment memory) {
    this(name, dtype, globalShape, box, memory, false);
  }

  /** A tensor that every rank holds in full. */
  public static NamedTensor replicated(
      String name, DType dtype, long[] shape, MemorySegment memory) {
    long[][] box = new long[shape.length][];
    for (int d = 0; d < shape.length; d++) {
      box[d] = new long[] {0, shape[d]};
    }
    return new NamedTensor(name, dtype, shape, box, memory, true);
  }
}
