package dev.muster.collectives.bulk;

import dev.muster.collectives.bulk.Frame.Kind;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** The receiving end of one transfer, on either side of a connection. One thread, used once. */
final class Receiving {
  private final Link link;
  private final Carrier carrier;
  private final long sizeBytes;
  private long received;
  private Destination destination;
  private MemorySegment memory;
  private ByteBuffer block;

  Receiving(Link link, Carrier carrier, Frame offer) throws TransferException {
    this.link = link;
    this.carrier = carrier;
    this.sizeBytes = offer.value();
    if (offer.kind() != Kind.OFFER) {
      throw link.unexpected(offer);
    }
    if (sizeBytes < 0) {
      throw Frame.malformed(link.peer(), "sizeBytes=" + sizeBytes);
    }
  }

  /** Asks where it goes, and returns when it is there, verified and completed. */
  void run(byte[] header, Destinations destinations) throws TransferException {
    try (var accepted = Blocks.decided(link, () -> destinations.accept(header, sizeBytes))) {
      destination = accepted;
      link.send(Kind.ACCEPT, 0, carrier.ticket());
      while (received < sizeBytes) {
        receiveBlock();
      }
      destination.complete();
    } catch (TransferException e) {
      Blocks.tellUnknown(link, e);
      throw e;
    } catch (IOException | RuntimeException e) {
      throw Blocks.failed(link, "cannot write: offset=" + received + " error=" + e, e);
    }
    sayDone();
  }

  private void receiveBlock() throws IOException {
    var frame = carrier.receive(this::place);
    int actual = Frame.crc(block);
    if (actual != frame.crc()) {
      var where = "block offset=%d bytes=%d of=%d".formatted(received, frame.bytes(), sizeBytes);
      throw TransferException.damaged(link.peer(), where, frame.crc(), actual);
    }
    destination.verified(received, memory);
    received += frame.bytes();
    link.send(Frame.of(Kind.ACK, received));
  }

  private ByteBuffer place(Frame frame) throws IOException {
    if (frame.kind() != Kind.BLOCK) {
      throw link.unexpected(frame);
    }
    long most = Math.min(BulkLimits.BLOCK_BYTES_MAX, sizeBytes - received);
    if (frame.value() != received || frame.bytes() < 1 || frame.bytes() > most) {
      throw Frame.malformed(
          link.peer(),
          "block expected=[offset=%d bytes=1..%d] actual=[offset=%d bytes=%d]"
              .formatted(received, most, frame.value(), frame.bytes()));
    }
    memory = destination.block(received, frame.bytes());
    block = Blocks.checked(memory, received, frame.bytes());
    return block.duplicate();
  }

  /** All is here, whether the sender hears of it or not: it says "indefinite" if not. */
  private void sayDone() {
    try {
      link.send(Frame.of(Kind.DONE, sizeBytes));
    } catch (TransferException e) {
      link.close();
    }
  }
}
