package dev.muster.worker.checkpoint.snapshot;

import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;

/** CRC32C of memory, by the processor's own instruction where the JVM has it. */
final class Checksum {
  private static final long SLICE_BYTES = 1 << 30; // a ByteBuffer ends at 2 GiB

  private Checksum() {}

  static int of(MemorySegment memory) {
    var crc = new CRC32C();
    for (long at = 0; at < memory.byteSize(); at += SLICE_BYTES) {
      long bytes = Math.min(SLICE_BYTES, memory.byteSize() - at);
      crc.update(memory.asSlice(at, bytes).asByteBuffer());
    }
    return (int) crc.getValue();
  }
}
