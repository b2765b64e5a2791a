package dev.muster.protocol.frame;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Cuts a stream into frames as its bytes arrive, however they are split. One per connection, one
 * thread. A peer that only announces a large frame costs nothing: memory grows with the bytes that
 * came, up to the announced length, and an announcement outside the limit is refused when its
 * fourth byte is read. After an exception the stream has no frame borders any more: close the
 * connection.
 */
public final class FrameDecoder {
  private static final int FIRST_BYTES = 4096;

  private int maxBytes;
  private int headerBytes;
  private int length;
  private byte[] frame = new byte[0];
  private int filled;

  /** With the limit {@link Frames#MAX_BYTES}. */
  public FrameDecoder() {
    this(Frames.MAX_BYTES);
  }

  public FrameDecoder(int maxBytes) {
    maxBytes(maxBytes);
  }

  /** Changes the limit for headers not yet complete, for example after the handshake. */
  public void maxBytes(int maxBytes) {
    if (maxBytes < 1) {
      throw new IllegalArgumentException("bad frame limit: maxBytes=" + maxBytes);
    }
    this.maxBytes = maxBytes;
  }

  /** All frames that {@code bytes} completes, in order. */
  public List<byte[]> feed(byte[] bytes) throws MalformedFrameException {
    return feed(ByteBuffer.wrap(bytes));
  }

  /** All frames that {@code in} completes, in order; reads {@code in} to its end. */
  public List<byte[]> feed(ByteBuffer in) throws MalformedFrameException {
    var frames = new ArrayList<byte[]>();
    for (var next = next(in); next.isPresent(); next = next(in)) {
      frames.add(next.get());
    }
    return frames;
  }

  /**
   * Reads at most one frame, so that the limit can be changed between two; what follows it stays in
   * {@code in}.
   *
   * @return empty: {@code in} is at its end and the frame is not
   */
  public Optional<byte[]> next(ByteBuffer in) throws MalformedFrameException {
    if (!header(in)) {
      return Optional.empty();
    }
    int n = Math.min(in.remaining(), length - filled);
    reserve(filled + n);
    in.get(frame, filled, n);
    filled += n;
    return filled < length ? Optional.empty() : Optional.of(take());
  }

  /** Whether part of a frame has been read: the end of the stream here means that it was cut. */
  public boolean midFrame() {
    return headerBytes > 0;
  }

  private boolean header(ByteBuffer in) throws MalformedFrameException {
    while (headerBytes < Frames.HEADER_BYTES) {
      if (!in.hasRemaining()) {
        return false;
      }
      length = length << 8 | in.get() & 0xFF;
      headerBytes++;
      if (headerBytes == Frames.HEADER_BYTES && !Frames.lengthAllowed(length, maxBytes)) {
        throw new MalformedFrameException(Frames.badLength(length, maxBytes));
      }
    }
    return true;
  }

  private void reserve(int bytes) {
    if (frame.length < bytes) {
      int wanted = Math.max(bytes, Math.max(FIRST_BYTES, 2 * frame.length));
      frame = Arrays.copyOf(frame, Math.min(wanted, length));
    }
  }

  private byte[] take() {
    var complete = frame;
    headerBytes = 0;
    length = 0;
    frame = new byte[0];
    filled = 0;
    return complete;
  }
}
