package dev.muster.worker;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.muster.collectives.DeviceCommunicator;
import dev.muster.collectives.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** How the CPU touches buckets where they lie. Step thread only. */
sealed interface BucketMemory {
  void zero(MemorySegment memory);

  void set(MemorySegment at, float value);

  float get(MemorySegment at);

  /**
   * What has been computed into buckets until now is there before what is started next reads it.
   */
  void computed();

  /** Where the caller's own writes are seen in its own order. */
  record OfCpu() implements BucketMemory {
    @Override
    public void zero(MemorySegment memory) {
      memory.fill((byte) 0);
    }

    @Override
    public void set(MemorySegment at, float value) {
      at.set(JAVA_FLOAT, 0, value);
    }

    @Override
    public float get(MemorySegment at) {
      return at.get(JAVA_FLOAT, 0);
    }

    @Override
    public void computed() {}
  }

  /**
   * Only copies reach it.
   *
   * @param kernels the stream of those that write gradients
   * @param word on the CPU, on its way
   */
  record OfDevice(DeviceCommunicator device, Stream kernels, MemorySegment word)
      implements BucketMemory {
    OfDevice(DeviceCommunicator device, Stream kernels) {
      this(device, kernels, Arena.ofAuto().allocate(JAVA_FLOAT));
    }

    @Override
    public void zero(MemorySegment memory) {
      device.zero(memory);
    }

    @Override
    public void set(MemorySegment at, float value) {
      word.set(JAVA_FLOAT, 0, value);
      device.copy(word, at);
    }

    @Override
    public float get(MemorySegment at) {
      device.copy(at, word);
      return word.get(JAVA_FLOAT, 0);
    }

    @Override
    public void computed() {
      device.follow(kernels);
    }
  }
}
