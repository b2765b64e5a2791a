package dev.muster.collectives.bulk;

import io.aeron.Subscription;
import io.aeron.logbuffer.ControlledFragmentHandler;
import io.aeron.logbuffer.ControlledFragmentHandler.Action;
import io.aeron.logbuffer.Header;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;

/** Fills blocks straight from the fragments of a subscription. One thread. */
final class AeronReceiver {
  private static final int FRAGMENTS = 64;

  private final Link link;
  private final Subscription subscription;
  private final ControlledFragmentHandler handler = this::onFragment;
  private final ByteBuffer header = ByteBuffer.allocate(Frame.BYTES);
  private Carrier.Place place;
  private Frame frame;
  private ByteBuffer block;
  private IOException failure;

  AeronReceiver(Link link, Subscription subscription) {
    this.link = link;
    this.subscription = subscription;
  }

  Frame receive(Carrier.Place into, Link.Watch watch) throws IOException {
    place = into;
    frame = null;
    var patience = new Patience(link, watch);
    while (frame == null || block.hasRemaining()) {
      patience.wait(subscription.controlledPoll(handler, FRAGMENTS) > 0);
      if (failure != null) {
        throw failure;
      }
    }
    return frame;
  }

  /** Aeron keeps what a handler throws to itself. */
  private Action onFragment(DirectBuffer buffer, int offset, int length, Header ignored) {
    try {
      take(buffer, offset, length);
      return block.hasRemaining() ? Action.CONTINUE : Action.BREAK;
    } catch (IOException e) {
      failure = e;
    } catch (RuntimeException e) {
      failure = new IOException(e);
    }
    return Action.BREAK;
  }

  private void take(DirectBuffer buffer, int offset, int length) throws IOException {
    int at = offset;
    if (frame == null) {
      buffer.getBytes(at, header.clear(), Math.min(length, Frame.BYTES));
      frame = Frame.get(header.flip(), link.peer());
      block = place.of(frame);
      at += Frame.BYTES;
    }
    int bytes = offset + length - at;
    if (bytes > block.remaining()) {
      throw Frame.malformed(link.peer(), "blockBytes=" + frame.bytes() + " more came");
    }
    buffer.getBytes(at, block, bytes);
  }
}
