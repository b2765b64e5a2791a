package dev.muster.collectives;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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

  private static MemorySegment copy(Arena arena, byte[] bytes) {
    return arena.allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
  }
}
