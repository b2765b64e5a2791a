package dev.muster.worker.runtime;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.DeviceCommunicator;
import dev.muster.collectives.ForwardingCommunicator;
import dev.muster.collectives.Operation;
import dev.muster.collectives.Stream;
import dev.muster.collectives.Work;
import dev.muster.protocol.local.ControlPage;
import dev.muster.protocol.local.ControlPage.Phase;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The communicator as trainers see it: says in the control page when the rank waits for others, and
 * counts every collective as progress, which is how a hang is told from a long step.
 */
sealed class PhasedCommunicator extends ForwardingCommunicator permits PhasedDevice {
  private final ControlPage page;

  PhasedCommunicator(Communicator inner, ControlPage page) {
    super(inner);
    this.page = page;
  }

  @Override
  public Optional<DeviceCommunicator> onDevice() {
    return inner.onDevice().map(onGpu -> new PhasedDevice(onGpu, page));
  }

  private <T> T waiting(Supplier<T> collective) {
    Phase before = page.phase();
    if (before == Phase.AGREEING || before == Phase.WAITING) {
      return collective.get();
    }
    page.phase(before == Phase.RESTORING ? Phase.RESTORING : Phase.WAITING);
    T result = collective.get();
    page.phase(before);
    return result;
  }

  private Work phased(Supplier<Work> start) {
    Work work = waiting(start);
    return new Work() {
      @Override
      public void await() {
        waiting(() -> {
          work.await();
          return null;
        });
      }

      @Override
      public boolean isDone() {
        return work.isDone();
      }
    };
  }

  @Override
  public Work run(Operation operation, Stream stream) {
    return phased(() -> inner.run(operation, stream));
  }

  @Override
  public void agree(long step) {
    if (page.phase() != Phase.AGREEING) {
      throw new IllegalStateException(
          "only the step loop commits: step=" + step + "; leave agree to it");
    }
    inner.agree(step);
  }

  /** The worker loop owns the handle. */
  @Override
  public void close() {
    throw new IllegalStateException(
        "the runtime closes the communicator: generation=" + generation());
  }
}
