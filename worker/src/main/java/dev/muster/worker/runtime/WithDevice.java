package dev.muster.worker.runtime;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.DeviceCommunicator;
import dev.muster.collectives.ForwardingCommunicator;
import java.util.Optional;

/** A group of the CPU with the one of its GPUs: no step commits before both have done it. */
final class WithDevice extends ForwardingCommunicator {
  private final DeviceCommunicator device;

  /**
   * @param device agrees by {@code cpu}, once all that was started on it is done
   */
  WithDevice(Communicator cpu, DeviceCommunicator device) {
    super(cpu);
    this.device = device;
  }

  @Override
  public void agree(long step) {
    device.agree(step);
  }

  @Override
  public Optional<DeviceCommunicator> onDevice() {
    return Optional.of(device);
  }
}
