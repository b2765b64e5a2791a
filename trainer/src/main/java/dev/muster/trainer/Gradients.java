package dev.muster.trainer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import java.lang.foreign.MemorySegment;

/**
 * The gradients of one group: one flat float32 buffer in the shared region, so that reducing them copies nothing, and the loss behind them, so that it
 * costs no collective of its own. Dies with its communicator.
 */
final class Gradients {
  /** One cache line for the loss. */
  private static final int TAIL_FLOATS = 16;

  /** Large enough to hide what starting a collective costs, small enough that peers start reducing before all is written. */
  private static final long BUCKET_FLOATS = 1 << 20;

  private final Communicator communicator;
  private final MemorySegment memory;
  private final int floats;

  Gradients(Communicator communicator, int floats) {
    this.communicator = communicator;
    this.floats = floats;
    this.memory = communicator.allocate(bytes(floats));
  }

  /** What a rank has to have in the shared region for {@code floats} gradients. */
  static long bytes(int floats) {
    return (long) (floats + TAIL_FLOATS) * Float.BYTES;
  }

  /** {@code float32[floats]}. */
  MemorySegment memory() {
    return memory.asSlice(0, (long) floats * Float.BYTES);
  }

  void clear() {
    memory.fill((byte) 0);
  }

  /** @return the loss summed over all ranks; {@link #memory} then holds the sum of all gradients */
  double allReduce(double loss) {
    memory.setAtIndex(JAVA_FLOAT, floats, (float) loss);
    Buffer all = Buffer.float32(memory);
    for (long from = 0; from < all.elements(); from += BUCKET_FLOATS) {
      communicator.allReduce(all.slice(from, Math.min(all.elements(), from + BUCKET_FLOATS)));
    }
    return memory.getAtIndex(JAVA_FLOAT, floats);
  }
}
