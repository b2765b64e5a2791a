package dev.muster.worker.checkpoint.storage;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * Writes a safetensors file front to back: the header at once, then the tensors piece by piece in
 * the order of the header. One thread.
 */
final class SafetensorsWriter {
  /** A view of memory holds less than 2 GiB; a piece of this size also lets interrupts through. */
  static final long PIECE_BYTES = 64 << 20;

  private final WritableByteChannel out;
  private final SafetensorsHeader header;
  private int tensor;
  private long written;

  /** Writes the header. */
  SafetensorsWriter(WritableByteChannel out, SafetensorsHeader header) throws IOException {
    this.out = out;
    this.header = header;
    var bytes = SafetensorsJson.encode(header.tensors(), header.metadata());
    if (bytes.length != header.dataStart()) {
      throw new IllegalArgumentException("header was not laid out for writing: header=" + header);
    }
    write(ByteBuffer.wrap(bytes));
  }

  /**
   * The next bytes of the file; they must be those of this tensor.
   *
   * @param piece of any size, row-major
   */
  void write(String name, MemorySegment piece) throws IOException {
    if (piece.byteSize() == 0) {
      return; // an empty tensor has no turn
    }
    skipComplete();
    if (tensor == header.tensors().size()
        || !spec().name().equals(name)
        || piece.byteSize() > spec().sizeBytes() - written) {
      throw new IllegalStateException(
          "tensor out of turn or too long: name="
              + name
              + " pieceBytes="
              + piece.byteSize()
              + " expected="
              + expected());
    }
    for (long at = 0; at < piece.byteSize(); at += PIECE_BYTES) {
      write(piece.asSlice(at, Math.min(PIECE_BYTES, piece.byteSize() - at)).asByteBuffer());
    }
    written += piece.byteSize();
  }

  /** Every tensor was written in full; the channel stays open. */
  void finish() {
    skipComplete();
    if (tensor < header.tensors().size()) {
      throw new IllegalStateException("tensor was not written: expected=" + expected());
    }
  }

  private void skipComplete() {
    while (tensor < header.tensors().size() && written == spec().sizeBytes()) {
      tensor++;
      written = 0;
    }
  }

  private TensorSpec spec() {
    return header.tensors().get(tensor).spec();
  }

  private String expected() {
    return tensor == header.tensors().size()
        ? "end of file"
        : spec().name() + " remainingBytes=" + (spec().sizeBytes() - written);
  }

  private void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
