package dev.muster.worker.checkpoint.storage;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Reads the header of a safetensors file and vouches for it: lengths within bounds, known types,
 * offsets that fit the shapes, no overlap, no hole, a file that ends where its last tensor does.
 */
final class SafetensorsReader {
  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private SafetensorsReader() {}

  /**
   * @throws DamagedCheckpointException the file is not a whole safetensors file; says what is wrong
   */
  static SafetensorsHeader header(StoredFile file) throws IOException {
    var json = new byte[jsonBytes(file)];
    file.read(SafetensorsJson.LENGTH_BYTES, MemorySegment.ofArray(json));
    var header = SafetensorsParser.parse(file.name(), json);
    header.requireTiled(file.name(), file.sizeBytes());
    return header;
  }

  private static int jsonBytes(StoredFile file) throws IOException {
    long rest = file.sizeBytes() - SafetensorsJson.LENGTH_BYTES;
    if (rest < 0) {
      throw new DamagedCheckpointException(
          "file is truncated: file=" + file.name() + " expectedBytes>=8 actualBytes=" + (rest + 8));
    }
    var length = MemorySegment.ofArray(new byte[SafetensorsJson.LENGTH_BYTES]);
    file.read(0, length);
    long bytes = length.get(LENGTH, 0);
    long max = Math.min(SafetensorsJson.JSON_BYTES_MAX, rest);
    if (bytes < 2 || bytes > max) {
      throw new DamagedCheckpointException(
          "not a safetensors file or truncated: file="
              + file.name()
              + " expectedHeaderBytes=2.."
              + max
              + " actualHeaderBytes="
              + Long.toUnsignedString(bytes));
    }
    return (int) bytes;
  }
}
