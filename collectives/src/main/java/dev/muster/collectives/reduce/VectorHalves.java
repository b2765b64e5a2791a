package dev.muster.collectives.reduce;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** {@link BFloat16} sums with the Vector API, the same bits as {@link Widened} gives. */
final class VectorHalves {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Short> SHORTS =
      VectorSpecies.of(short.class, VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private VectorHalves() {}

  /**
   * @param divisor of the sum, 1 for none
   * @return how many of the bytes it has done; the rest is less than a vector
   */
  static long sum(
      MemorySegment[] sources,
      long[] offsets,
      long bytes,
      MemorySegment out,
      long outOffset,
      int divisor) {
    int stride = SHORTS.vectorByteSize();
    long bound = bytes - bytes % stride;
    for (long i = 0; i < bound; i += stride) {
      var sum = widen(sources[0], offsets[0] + i);
      for (int rank = 1; rank < sources.length; rank++) {
        sum = sum.add(widen(sources[rank], offsets[rank] + i));
      }
      narrow(divisor == 1 ? sum : sum.div(divisor)).intoMemorySegment(out, outOffset + i, ORDER);
    }
    return bound;
  }

  private static FloatVector widen(MemorySegment memory, long offset) {
    var bits = ShortVector.fromMemorySegment(SHORTS, memory, offset, ORDER);
    return ((IntVector) bits.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0))
        .lanewise(VectorOperators.LSHL, 16)
        .reinterpretAsFloats();
  }

  /** As {@link BFloat16#narrow}. */
  private static ShortVector narrow(FloatVector value) {
    var bits = value.reinterpretAsInts();
    var upper = bits.lanewise(VectorOperators.LSHR, 16);
    var rounded = bits.add(0x7fff).add(upper.and(1)).lanewise(VectorOperators.LSHR, 16);
    var nan = value.test(VectorOperators.IS_NAN).cast(INTS);
    return (ShortVector)
        rounded.blend(upper.or(0x40), nan).convertShape(VectorOperators.I2S, SHORTS, 0);
  }
}
