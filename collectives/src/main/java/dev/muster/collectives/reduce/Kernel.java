package dev.muster.collectives.reduce;

import dev.muster.collectives.DType;
import dev.muster.collectives.ReduceOp;
import java.lang.foreign.MemorySegment;

/**
 * {@code out = a op b}, element by element; {@code out} may be {@code a} or {@code b} at the same
 * offset. Every kernel of one type and operation gives the same bits, so it does not matter which
 * rank runs which.
 */
@FunctionalInterface
interface Kernel {
  void apply(
      MemorySegment out,
      long outOffset,
      MemorySegment a,
      long aOffset,
      MemorySegment b,
      long bOffset,
      long bytes);

  static Kernel of(DType dtype, ReduceOp op) {
    boolean sum = op == ReduceOp.SUM || op == ReduceOp.MEAN;
    if (sum && VectorModule.PRESENT) {
      return switch (dtype) {
        case FLOAT32 -> VectorKernels::sumFloat32;
        case FLOAT64 -> VectorKernels::sumFloat64;
        default -> ScalarKernels.of(dtype, op);
      };
    }
    return ScalarKernels.of(dtype, op);
  }

  /**
   * The incubator module needs a flag; without it the scalar kernels do the same at less than half
   * the speed.
   */
  final class VectorModule {
    static final boolean PRESENT =
        ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();

    private VectorModule() {}
  }
}
