package dev.muster.collectives.reduce;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.DType;
import dev.muster.collectives.Expected;
import dev.muster.collectives.ReduceOp;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KernelTest {
  /** The tests run with the incubator module; a worker without it must compute the same bits. */
  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT64"})
  void givenVectorAndScalarKernels_whenSumming_thenTheBitsAreTheSame(DType dtype) {
    assertThat(Kernel.VectorModule.PRESENT).isTrue();
    Kernel vector = Kernel.of(dtype, ReduceOp.SUM);
    Kernel scalar = ScalarKernels.of(dtype, ReduceOp.SUM);
    try (Arena arena = Arena.ofConfined()) {
      for (int elements = 0; elements < 70; elements++) {
        MemorySegment a = copy(arena, Expected.input(1, 0, dtype, elements));
        MemorySegment b = copy(arena, Expected.input(1, 1, dtype, elements));
        MemorySegment out = arena.allocate(a.byteSize());
        scalar.apply(out, 0, a, 0, b, 0, a.byteSize());
        vector.apply(b, 0, a, 0, b, 0, a.byteSize());
        assertThat(b.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(out.toArray(ValueLayout.JAVA_BYTE));
      }
    }
  }

  /** Every kind of float, ties and overflows among them; NaNs need only stay NaNs. */
  @ParameterizedTest
  @EnumSource(names = {"SUM", "MEAN"})
  void givenBFloat16s_whenSummedByVectorsAndOneByOne_thenTheBitsAreTheSame(ReduceOp op) {
    long seed = 11;
    var random = new Random(seed);
    try (Arena arena = Arena.ofConfined()) {
      for (int elements = 0; elements < 300; elements++) {
        long bytes = 2L * elements;
        MemorySegment[] sources = new MemorySegment[3];
        for (int rank = 0; rank < sources.length; rank++) {
          byte[] bits = new byte[2 * elements];
          random.nextBytes(bits);
          sources[rank] = copy(arena, bits);
        }
        MemorySegment one = arena.allocate(bytes);
        MemorySegment vector = arena.allocate(bytes);
        new Widened(sources, new long[3], bytes, one, 0).bfloat16(0, op);
        new Widened(sources, new long[3], bytes, vector, 0).reduce(DType.BFLOAT16, op);
        for (long at = 0; at < bytes; at += 2) {
          short expected = one.get(ValueLayout.JAVA_SHORT_UNALIGNED, at);
          short is = vector.get(ValueLayout.JAVA_SHORT_UNALIGNED, at);
          if (Float.isNaN(BFloat16.widen(expected))) {
            assertThat(BFloat16.widen(is)).isNaN();
          } else {
            assertThat(is)
                .as("seed=%d elements=%d offset=%d", seed, elements, at)
                .isEqualTo(expected);
          }
        }
      }
    }
  }

  private static MemorySegment copy(Arena arena, byte[] bytes) {
    return arena.allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
  }
}
