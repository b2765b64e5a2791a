package dev.muster.trainer.gpt;

import java.lang.foreign.MemorySegment;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The few things about JavaCPP PyTorch that everything here needs. */
final class Torch {
  static final TensorOptions FLOAT32 = new TensorOptions(ScalarType.Float);
  static final TensorOptions INT64 = new TensorOptions(ScalarType.Long);

  static {
    // One thread per rank: ranks are what runs in parallel, and one thread adds in one order. The
    // pools of OpenMP and OpenBLAS are
    // set by OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1 in the environment of the process; this
    // call reaches only PyTorch's own.
    torch.set_num_threads(1);
  }

  private Torch() {}

  /** A tensor over memory that the caller keeps alive; nothing is copied. */
  static Tensor view(MemorySegment memory, TensorOptions options, long... shape) {
    return torch.from_blob(new Address(memory.address()), shape, options);
  }

  /** A raw address. */
  private static final class Address extends Pointer {
    Address(long address) {
      super((Pointer) null);
      this.address = address;
    }
  }
}
