package dev.muster.protocol.wire;

import dev.muster.protocol.frame.MalformedFrameException;
import java.util.Optional;

/**
 * The peer did not prove that it belongs to this run. Definite: nothing it said was obeyed. Fatal
 * for the connection: send {@link #reply} if there is one, close, log {@link #getMessage}. Never
 * holds the secret or a proof.
 */
public final class HandshakeException extends Exception {
  private final transient byte[] reply;

  HandshakeException(String reason) {
    this(reason, null);
  }

  HandshakeException(String reason, byte[] reply) {
    super(MalformedFrameException.printable(reason));
    this.reply = reply;
  }

  /** Frame that tells the peer why, to be sent before closing; only a server has one. */
  public Optional<byte[]> reply() {
    return Optional.ofNullable(reply);
  }
}
