package dev.muster.worker.link;

import dev.muster.protocol.frame.FrameDecoder;
import dev.muster.protocol.frame.Frames;
import dev.muster.protocol.frame.MalformedFrameException;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.wire.Handshake;
import dev.muster.protocol.wire.HandshakeException;
import dev.muster.protocol.wire.WireCodec;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.util.ByteString;

/**
 * One TCP connection between an agent and the master: the handshake, then messages. Nothing is
 * decoded before the peer is proved. Bytes come in on one stream thread at a time; {@link #send}
 * and {@link #close} from any thread. It ends once, with one reason.
 */
final class Link {
  /** What becomes of a link's messages; told by the link's own threads, so it must not block. */
  interface Owner {
    void proved(Link link);

    void received(Link link, Message message);

    /** Exactly once, also when the peer was never proved. */
    void closed(Link link, String reason);
  }

  private static final WireCodec CODEC = new WireCodec();

  private final Handshake handshake;
  private final Owner owner;
  private final FrameDecoder decoder = new FrameDecoder(Handshake.MAX_BYTES);
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Outbound outbound;
  private volatile boolean proved;
  private volatile boolean refused;

  Link(ActorSystem<?> system, Handshake handshake, LinkLimits limits, Owner owner) {
    this.handshake = handshake;
    this.owner = owner;
    this.outbound = new Outbound(system, limits);
    outbound.scheduleOnce(limits.handshake(), () -> expireHandshake(limits));
  }

  /** To be joined with a connection, once. Completes or fails with the connection. */
  Flow<ByteString, ByteString, NotUsed> flow() {
    handshake.start().ifPresent(this::offer);
    return outbound.flow(this::onBytes, this::onEnd);
  }

  /** Loses the message when the link is not proved yet or closed already. */
  void send(Message message) {
    if (proved && !closed.get()) {
      offer(CODEC.encode(message));
    }
  }

  boolean proved() {
    return proved;
  }

  /** Whether the handshake failed for what the ends said, not for the connection (definite). */
  boolean refused() {
    return refused;
  }

  /** Sends what is queued, then closes; the peer gets a moment to take it. */
  void close(String reason) {
    end(reason);
    outbound.complete();
  }

  private void abort(String reason) {
    end(reason);
    outbound.abort();
  }

  private void end(String reason) {
    if (closed.compareAndSet(false, true)) {
      owner.closed(this, reason);
    }
  }

  private void expireHandshake(LinkLimits limits) {
    if (!proved && !closed.get()) {
      abort("handshake not finished in time: limitMs=" + limits.handshake().toMillis());
    }
  }

  private void offer(byte[] payload) {
    if (!outbound.offer(Frames.encode(payload))) {
      abort("peer does not read: " + outbound.full());
    }
  }

  private void onBytes(ByteString bytes) {
    try {
      frames(bytes.asByteBuffer());
    } catch (HandshakeException unproved) {
      refused = true;
      unproved.reply().ifPresent(this::offer);
      close("handshake failed: " + unproved.getMessage());
    } catch (MalformedFrameException malformed) {
      close(malformed.getMessage());
    }
  }

  private void frames(ByteBuffer in) throws HandshakeException, MalformedFrameException {
    for (var frame = decoder.next(in);
        frame.isPresent() && !closed.get();
        frame = decoder.next(in)) {
      if (proved) {
        owner.received(this, CODEC.decodeMessage(frame.get()));
      } else {
        prove(frame.get());
      }
    }
  }

  private void prove(byte[] frame) throws HandshakeException {
    var step = handshake.onFrame(frame);
    step.reply().ifPresent(this::offer);
    if (step.done()) {
      decoder.maxBytes(Frames.MAX_BYTES);
      proved = true;
      owner.proved(this);
    }
  }

  private void onEnd(Throwable failure) {
    String where = decoder.midFrame() ? " within a frame" : "";
    String when = proved ? "" : " during the handshake; the other end may have another secret";
    end(
        failure == null
            ? "end of stream" + where + when
            : "connection lost" + where + ": " + failure.getMessage());
    outbound.complete();
  }
}
