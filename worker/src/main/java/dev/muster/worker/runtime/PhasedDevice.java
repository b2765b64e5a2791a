package dev.muster.worker.runtime;

import dev.muster.collectives.DeviceCommunicator;
import dev.muster.collectives.Stream;
import dev.muster.protocol.local.ControlPage;
import java.lang.foreign.MemorySegment;

/** The communicator of the GPU as trainers see it. */
final class PhasedDevice extends PhasedCommunicator implements DeviceCommunicator {
  private final DeviceCommunicator onGpu;

  PhasedDevice(DeviceCommunicator onGpu, ControlPage page) {
    super(onGpu, page);
    this.onGpu = onGpu;
  }

  @Override
  public int device() {
    return onGpu.device();
  }

  @Override
  public void copy(MemorySegment from, MemorySegment to) {
    onGpu.copy(from, to);
  }

  @Override
  public void zero(MemorySegment memory) {
    onGpu.zero(memory);
  }

  @Override
  public void follow(Stream stream) {
    onGpu.follow(stream);
  }
}
