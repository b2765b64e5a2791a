package dev.muster.trainer.gpt;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.muster.trainer.text.Windows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.bytedeco.pytorch.Tensor;

/**
 * Native memory for the bytes of a batch, as the int64 indices PyTorch wants; reused, grown when a
 * larger share comes.
 */
final class Batch {
  private final Arena arena;
  private final int context;
  private MemorySegment inputs = MemorySegment.NULL;
  private MemorySegment targets = MemorySegment.NULL;
  private int samples;

  Batch(Arena arena, int context) {
    this.arena = arena;
    this.context = context;
  }

  void load(Windows windows, long[] indices) {
    samples = indices.length;
    long bytes = (long) samples * context * Long.BYTES;
    if (inputs.byteSize() < bytes) {
      inputs = arena.allocate(bytes, Long.BYTES);
      targets = arena.allocate(bytes, Long.BYTES);
    }
    for (int i = 0; i < samples; i++) {
      for (int t = 0; t < context; t++) {
        long at = (long) i * context + t;
        inputs.setAtIndex(JAVA_LONG, at, windows.at(indices[i], t));
        targets.setAtIndex(JAVA_LONG, at, windows.at(indices[i], t + 1));
      }
    }
  }

  int samples() {
    return samples;
  }

  /** {@code int64[samples, context]}. */
  Tensor inputs() {
    return Torch.view(inputs, Torch.INT64, samples, context);
  }

  /** {@code int64[samples × context]}. */
  Tensor targets() {
    return Torch.view(targets, Torch.INT64, (long) samples * context);
  }
}
