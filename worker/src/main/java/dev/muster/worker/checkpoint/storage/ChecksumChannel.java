package dev.muster.worker.checkpoint.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.zip.CRC32C;

/** Counts and sums up what passes through to another channel. One thread. */
final class ChecksumChannel implements WritableByteChannel {
  private final WritableByteChannel out;
  private final CRC32C crc = new CRC32C();
  private long sizeBytes;

  ChecksumChannel(WritableByteChannel out) {
    this.out = out;
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    var view = bytes.duplicate();
    int n = out.write(bytes);
    crc.update(view.limit(view.position() + n));
    sizeBytes += n;
    return n;
  }

  long sizeBytes() {
    return sizeBytes;
  }

  long crc32c() {
    return crc.getValue();
  }

  @Override
  public boolean isOpen() {
    return out.isOpen();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
