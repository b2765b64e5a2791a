package dev.muster.collectives.bulk;

import dev.muster.collectives.bulk.TransferException.Kind;
import io.aeron.ExclusivePublication;
import io.aeron.Publication;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes blocks into a publication: a message that begins with the frame, and more messages until
 * all of its payload is there. One thread.
 */
final class AeronSender {
  private static final int MESSAGE_BYTES_MAX = 128 << 10;

  private final Link link;
  private final ExclusivePublication publication;
  private final int messageBytes;
  private final ByteBuffer header = ByteBuffer.allocateDirect(Frame.BYTES);
  private final UnsafeBuffer frameBuffer = new UnsafeBuffer(header);
  private final UnsafeBuffer blockBuffer = new UnsafeBuffer(0, 0);

  AeronSender(Link link, ExclusivePublication publication) {
    this.link = link;
    this.publication = publication;
    this.messageBytes = Math.min(MESSAGE_BYTES_MAX, publication.maxMessageLength() - Frame.BYTES);
  }

  void send(Frame frame, ByteBuffer block, Link.Watch watch) throws TransferException {
    frame.put(header.clear());
    blockBuffer.wrap(block);
    var patience = new Patience(link, watch);
    for (int at = 0; at < frame.bytes(); ) {
      int bytes = Math.min(messageBytes, frame.bytes() - at);
      boolean sent = taken(offer(at, bytes));
      at += sent ? bytes : 0;
      patience.wait(sent);
    }
  }

  private long offer(int at, int bytes) {
    return at == 0
        ? publication.offer(frameBuffer, 0, Frame.BYTES, blockBuffer, 0, bytes)
        : publication.offer(blockBuffer, at, bytes);
  }

  private boolean taken(long position) throws TransferException {
    if (position == Publication.CLOSED || position == Publication.MAX_POSITION_EXCEEDED) {
      throw link.closed()
          ? link.ended(null)
          : TransferException.of(
              Kind.LOST, "the stream ended: peer=" + link.peer() + " result=" + position);
    }
    return position > 0;
  }
}
