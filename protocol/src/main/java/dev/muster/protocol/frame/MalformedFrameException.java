package dev.muster.protocol.frame;

/**
 * The bytes a peer sent are not a frame, or the frame is not a message. Definite: nothing of it was
 * used. Fatal for that one connection, which the receiver closes with {@link #getMessage} in its
 * log; harmless for all others.
 */
public final class MalformedFrameException extends Exception {
  private static final int REASON_CHARS_MAX = 300;

  public MalformedFrameException(String reason) {
    this(reason, null);
  }

  public MalformedFrameException(String reason, Throwable cause) {
    super(printable(reason), cause);
  }

  /**
   * The reason may quote what the peer sent: one line, of bounded length, so that it can be logged
   * as it is.
   */
  public static String printable(String reason) {
    if (reason == null) {
      return "no reason given";
    }
    var text = new StringBuilder(Math.min(reason.length(), REASON_CHARS_MAX) + 1);
    for (int i = 0; i < reason.length() && i < REASON_CHARS_MAX; i++) {
      char c = reason.charAt(i);
      text.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '?' : c);
    }
    return reason.length() > REASON_CHARS_MAX ? text.append('…').toString() : text.toString();
  }
}
