package dev.muster.collectives.bulk;

import dev.muster.collectives.bulk.Frame.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;

/** The sending end of one transfer, on either side of a connection. One thread, used once. */
final class Sending {
  /** Sent and not acknowledged, at most; 100 Gbit/s for 2 ms, whatever kernels would buffer. */
  static final long WINDOW_BYTES = 32 << 20;

  private final Link link;
  private final Carrier carrier;
  private final int blockBytes;
  private long acknowledged;

  Sending(Link link, Carrier carrier, int blockBytes) {
    this.link = link;
    this.carrier = carrier;
    this.blockBytes = blockBytes;
  }

  /** Returns when the receiver has all of it, verified and completed. */
  void run(Offer offer) throws TransferException {
    try (var source = offer.source()) {
      long size = source.sizeBytes();
      link.send(Kind.OFFER, size, BulkLimits.checkedHeader(offer.header()));
      var answer = link.next();
      if (answer.kind() != Kind.ACCEPT) {
        throw link.unexpected(answer);
      }
      carrier.open(link.payload(answer));
      sendBlocks(source, size);
      awaitDone(size);
    } catch (TransferException e) {
      Blocks.tellUnknown(link, e);
      throw e;
    }
  }

  private void sendBlocks(Source source, long size) throws TransferException {
    for (long at = 0; at < size; ) {
      var block = block(source, at, (int) Math.min(blockBytes, size - at));
      int bytes = block.remaining();
      look(); // not after the last: from then on the receiver may complete
      while (at - acknowledged > WINDOW_BYTES) {
        acknowledge(link.next());
      }
      carrier.send(Frame.of(Kind.BLOCK, at, block), block, this::look);
      at += bytes;
    }
  }

  private ByteBuffer block(Source source, long at, int bytes) throws TransferException {
    try {
      return Blocks.checked(source.block(at, bytes), at, bytes);
    } catch (IOException | RuntimeException e) {
      throw Blocks.failed(link, "cannot read: offset=" + at + " error=" + e, e);
    }
  }

  /** Acknowledgements show life; anything else ends the transfer. */
  private void look() throws TransferException {
    for (var frame = link.poll(); frame.isPresent(); frame = link.poll()) {
      acknowledge(frame.get());
    }
  }

  private void acknowledge(Frame frame) throws TransferException {
    if (frame.kind() != Kind.ACK) {
      throw link.unexpected(frame);
    }
    acknowledged = frame.value();
  }

  private void awaitDone(long size) throws TransferException {
    Frame frame;
    try {
      frame = link.next();
      while (frame.kind() == Kind.ACK) {
        frame = link.next();
      }
    } catch (TransferException e) {
      throw e.indefinite();
    }
    if (frame.kind() != Kind.DONE || frame.value() != size) {
      throw link.unexpected(frame);
    }
  }
}
