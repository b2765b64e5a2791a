package dev.muster.protocol.frame;

import java.nio.ByteBuffer;

/**
 * Frames of every stream of this project: 4 bytes big-endian length, then 1 to a limit of bytes.
 * {@link FrameDecoder} reads them.
 */
public final class Frames {
  public static final int HEADER_BYTES = 4;

  /**
   * Limit on the agent link once both ends have proved the secret; before that the handshake has
   * its own, a small one.
   */
  public static final int MAX_BYTES = 4 << 20;

  private Frames() {}

  /** {@link #encode(byte[], int)} with the limit {@link #MAX_BYTES}. */
  public static byte[] encode(byte[] payload) {
    return encode(payload, MAX_BYTES);
  }

  /**
   * Puts the length before the payload.
   *
   * @throws IllegalArgumentException the peer would refuse this length: the sender's error
   */
  public static byte[] encode(byte[] payload, int maxBytes) {
    if (!lengthAllowed(payload.length, maxBytes)) {
      throw new IllegalArgumentException(badLength(payload.length, maxBytes));
    }
    return ByteBuffer.allocate(HEADER_BYTES + payload.length)
        .putInt(payload.length)
        .put(payload)
        .array();
  }

  static boolean lengthAllowed(int length, int maxBytes) {
    return length >= 1 && length <= maxBytes;
  }

  static String badLength(int length, int maxBytes) {
    return "bad frame length: expected=1.." + maxBytes + " actual=" + length;
  }
}
