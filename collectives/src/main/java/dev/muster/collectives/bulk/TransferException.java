package dev.muster.collectives.bulk;

import java.io.IOException;

/**
 * A transfer that did not happen. {@link #kind} says why, {@link #definite} whether the receiver
 * may have completed it all the same.
 */
public final class TransferException extends IOException {
  private static final long serialVersionUID = 1;
  private static final int REASON_CHARS_MAX = 1_000;

  /** Why. All but {@link #REFUSED} end the connection. */
  public enum Kind {
    /** The peer said no, with its reason: nothing was moved, the connection goes on. */
    REFUSED,
    /** One end did not prove that it knows the key. */
    UNTRUSTED,
    /** A block or frame is not what was sent. */
    DAMAGED,
    /** The connection could not be made or ended in the middle. */
    LOST,
    /** The peer made no progress for {@link BulkLimits#silence}. */
    SILENT,
    /** The peer gave up in the middle, with its reason. */
    FAILED,
    /** The peer does not speak this protocol. */
    MALFORMED,
    /** This end was closed. */
    CLOSED
  }

  private final Kind kind;
  private final boolean definite;

  private TransferException(Kind kind, boolean definite, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.definite = definite;
  }

  /** For a handler: no, because of {@code reason}, which the peer is told. */
  public static TransferException refused(String reason) {
    return new TransferException(Kind.REFUSED, true, reason, null);
  }

  static TransferException refused(String reason, Exception cause) {
    return new TransferException(Kind.REFUSED, true, reason, cause);
  }

  static TransferException of(Kind kind, String message) {
    return of(kind, message, null);
  }

  static TransferException of(Kind kind, String message, Throwable cause) {
    return new TransferException(kind, true, message, cause);
  }

  static TransferException damaged(String peer, String where, int expected, int actual) {
    return of(
        Kind.DAMAGED,
        "transfer is damaged: peer=%s where=[%s] expected=crc32c:%08x actual=crc32c:%08x; nothing of it may be used, fetch it again or elsewhere"
            .formatted(peer, where, expected, actual));
  }

  /** The same, when the receiver may have completed before the sender heard of it. */
  TransferException indefinite() {
    var unsure = "; all was sent: the receiver may have completed it";
    return new TransferException(kind, false, getMessage() + unsure, this);
  }

  /** What a peer says, fit for a log. */
  static String printable(String reason) {
    var cut = reason.length() > REASON_CHARS_MAX ? reason.substring(0, REASON_CHARS_MAX) : reason;
    return cut.replaceAll("\\p{Cntrl}", "?");
  }

  public Kind kind() {
    return kind;
  }

  /** True: the transfer did not happen. False: the sender does not know. */
  public boolean definite() {
    return definite;
  }
}
