package dev.muster.collectives;

import java.lang.foreign.MemorySegment;

/**
 * A rank's handle to its group for tensors that lie on its GPU: the same ranks and generation as
 * the {@link Communicator} of the CPU that it comes from, and ended with it. {@link #allocate}
 * gives memory of the device, which the CPU must not touch.
 *
 * <p>Operations of {@link Stream#OWN} run beside the kernels of the caller, who says with {@link
 * #follow} what they have to wait for. What an operation leaves is a result once {@link Work#await}
 * has returned, not before: one that was aborted ends its kernels too, with anything in its
 * buffers.
 */
public interface DeviceCommunicator extends Communicator {
  /** CUDA's number of the GPU in this process. */
  int device();

  /** Between memory of the device and of the CPU, in either direction; returns when it is done. */
  void copy(MemorySegment from, MemorySegment to);

  /** Sets memory of the device to zero; returns when it is done. */
  void zero(MemorySegment memory);

  /**
   * What is started on {@link Stream#OWN} from here on runs after all that was given to the stream
   * until now: kernels that compute what is to be reduced.
   *
   * @param stream of the device; handle 0 is CUDA's default stream
   */
  void follow(Stream stream);
}
