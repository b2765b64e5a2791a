package dev.muster.collectives.bulk;

import java.lang.foreign.MemorySegment;

/** Decides where a transfer goes, or that it goes nowhere. */
@FunctionalInterface
public interface Destinations {
  /**
   * @param header the sender's description, opaque to the transport
   * @throws TransferException {@link TransferException#refused}: not wanted; nothing is sent
   */
  Destination accept(byte[] header, long sizeBytes) throws TransferException;

  /** Into the start of {@code memory}; refused when it is too small. */
  static Destinations into(MemorySegment memory) {
    return (header, sizeBytes) -> {
      if (sizeBytes > memory.byteSize()) {
        throw TransferException.refused(
            "no room: memoryBytes=" + memory.byteSize() + " offeredBytes=" + sizeBytes);
      }
      return Destination.into(memory.asSlice(0, sizeBytes));
    };
  }
}
