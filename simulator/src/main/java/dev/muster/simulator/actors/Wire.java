package dev.muster.simulator.actors;

import dev.muster.protocol.frame.MalformedFrameException;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.wire.WireCodec;

/**
 * What a process sends goes through the codec of the agent link: its first message and then one of
 * {@value #EVERY}, because a large order costs more to encode than to handle; one that goes to many
 * peers only once.
 */
final class Wire {
  private static final int EVERY = 64;
  private static final WireCodec CODEC = new WireCodec();

  private long sent;
  private Message decoded; // last

  /** The message as it arrives. */
  Message carried(Message message) {
    if (sent++ % EVERY != 0 || message == decoded) {
      return message;
    }
    decoded = message;
    return decoded(message);
  }

  private static Message decoded(Message message) {
    try {
      var arrived = CODEC.decodeMessage(CODEC.encode(message));
      if (!arrived.equals(message)) {
        throw new IllegalStateException(
            "changed on the wire: expected=" + message + " actual=" + arrived);
      }
      return arrived;
    } catch (MalformedFrameException e) {
      throw new IllegalStateException("lost on the wire: message=" + message, e);
    }
  }
}
