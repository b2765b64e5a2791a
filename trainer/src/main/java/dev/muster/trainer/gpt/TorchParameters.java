package dev.muster.trainer.gpt;

import dev.muster.trainer.optimizer.Layout;
import dev.muster.trainer.optimizer.ModelState;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;

/**
 * The parameters as leaves of PyTorch's graph. On the CPU they are views of the state's memory and
 * their gradients views of the buffer that is reduced over the group, so nothing is ever copied. On
 * a GPU they are copies, refreshed before a pass and their gradients fetched after it.
 */
final class TorchParameters {
  private final ModelState state;
  private final boolean cuda;
  private final Map<String, Tensor> leaves = new LinkedHashMap<>();
  private final Map<String, TensorOptional> optionals = new LinkedHashMap<>();
  private final long[] boundAddresses;

  TorchParameters(ModelState state, boolean cuda) {
    this.state = state;
    this.cuda = cuda;
    this.boundAddresses = new long[state.layout().slots().size()];
    for (Layout.Slot slot : state.layout().slots()) {
      Tensor leaf = cuda ? view(state.parameters(), slot).cuda() : view(state.parameters(), slot);
      leaf.requires_grad_(true);
      leaves.put(slot.name(), leaf);
      optionals.put(slot.name(), new TensorOptional(leaf));
    }
  }

  Tensor get(String name) {
    return leaves.get(name);
  }

  /** The same parameter as the type PyTorch wants for arguments that may be missing. */
  TensorOptional optional(String name) {
    return optionals.get(name);
  }

  /** Before a pass: brings parameters up to date. */
  void refresh() {
    if (cuda) {
      try (NoGradGuard guard = new NoGradGuard()) {
        state
            .layout()
            .slots()
            .forEach(slot -> get(slot.name()).copy_(view(state.parameters(), slot)));
      }
    }
  }

  /** Before a backward pass: gradients will be added into {@code gradients}. */
  void bind(List<MemorySegment> gradients) {
    for (int s = 0; s < gradients.size(); s++) {
      Layout.Slot slot = state.layout().slots().get(s);
      if (cuda) {
        get(slot.name()).mutable_grad().put(new Tensor());
      } else if (boundAddresses[s] != gradients.get(s).address()) {
        // Each its own from_blob: a slice of one flat tensor would be a view, which PyTorch refuses
        // to detach in place.
        get(slot.name())
            .mutable_grad()
            .put(Torch.view(gradients.get(s), Torch.FLOAT32, slot.shape()));
        boundAddresses[s] = gradients.get(s).address();
      }
    }
  }

  /** After a backward pass. */
  void collect(List<MemorySegment> gradients) {
    for (int s = 0; cuda && s < gradients.size(); s++) {
      Layout.Slot slot = state.layout().slots().get(s);
      Torch.view(gradients.get(s), Torch.FLOAT32, slot.shape()).add_(get(slot.name()).grad());
    }
  }

  private static Tensor view(MemorySegment flat, Layout.Slot slot) {
    return Torch.view(ModelState.slice(flat, slot), Torch.FLOAT32, slot.shape());
  }

  void close() {
    optionals.values().forEach(TensorOptional::close);
    leaves.values().forEach(Tensor::close);
  }
}
