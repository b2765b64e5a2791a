package dev.muster.trainer.gpt;

import dev.muster.trainer.optimizer.Layout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.VoidTensorHook;

/**
 * Tells during a backward pass which slots are complete. PyTorch calls a hook once it has the
 * gradient of a block's input; it adds gradients of parameters before it goes on to earlier
 * operations, so those of the block and of all that came after it are complete then. One hook
 * serves all blocks, in the order of backward: JavaCPP makes at most ten of a kind. On the CPU,
 * where the calling thread runs the pass.
 */
final class BackwardProgress extends VoidTensorHook {
  private final List<int[]> stages = new ArrayList<>();
  private IntConsumer complete;
  private RuntimeException failure;
  private int reached;

  BackwardProgress(Layout layout, int blocks) {
    for (int block = blocks - 1; block >= 0; block--) {
      String prefix = Block.prefix(block);
      stages.add(slots(layout, block == blocks - 1 ? List.of("norm.", prefix) : List.of(prefix)));
    }
    stages.add(slots(layout, List.of("embedding.", "position.")));
  }

  private static int[] slots(Layout layout, List<String> prefixes) {
    return java.util.stream.IntStream.range(0, layout.slots().size())
        .filter(s -> prefixes.stream().anyMatch(layout.slots().get(s).name()::startsWith))
        .toArray();
  }

  /** Before a forward pass whose backward pass will be told to {@code whom}. */
  void begin(IntConsumer whom) {
    complete = whom;
    failure = null;
    reached = 0;
  }

  /** In the forward pass, for each block in order. */
  void watch(Tensor input) {
    input.register_hook(this);
  }

  /** An exception must not pass through native code: {@link #end} throws it. */
  @Override
  public void call(TensorBase gradient) {
    try {
      next();
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  private void next() {
    for (int slot : stages.get(reached++)) {
      complete.accept(slot);
    }
  }

  /** After the backward pass: everything is complete. */
  void end() {
    if (failure != null) {
      throw failure;
    }
    while (reached < stages.size()) {
      next();
    }
  }
}
