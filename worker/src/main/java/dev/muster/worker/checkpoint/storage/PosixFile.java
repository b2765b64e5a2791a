package dev.muster.worker.checkpoint.storage;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** An open file of the host, read at any place. Any thread. */
record PosixFile(Path path, FileChannel channel) implements StoredFile {
  @Override
  public String name() {
    return path.toString();
  }

  @Override
  public long sizeBytes() throws IOException {
    return channel.size();
  }

  @Override
  public void read(long offset, MemorySegment target) throws IOException {
    long piece = SafetensorsWriter.PIECE_BYTES;
    for (long at = 0; at < target.byteSize(); at += piece) {
      var bytes = target.asSlice(at, Math.min(piece, target.byteSize() - at)).asByteBuffer();
      fill(offset + at, bytes);
    }
  }

  private void fill(long offset, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      int n = channel.read(bytes, offset);
      if (n < 0) {
        throw new DamagedCheckpointException(
            "file is truncated: file="
                + path
                + " expectedBytes>="
                + (offset + bytes.remaining())
                + " actualBytes="
                + channel.size());
      }
      offset += n;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
