package dev.muster.collectives.bulk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** What both ends of a transfer do with their user's code and its failures. */
final class Blocks {
  private Blocks() {}

  /** A user's decision, which may be no. */
  @FunctionalInterface
  interface Decision<T> {
    T take() throws TransferException;
  }

  /** Tells the peer of a no, and throws it; the connection goes on. */
  static <T> T decided(Link link, Decision<T> decision) throws TransferException {
    try {
      return decision.take();
    } catch (TransferException | RuntimeException e) {
      var known = e instanceof TransferException t && t.kind() == TransferException.Kind.REFUSED;
      var reason = TransferException.printable(known ? e.getMessage() : "error=" + e);
      link.send(Frame.Kind.REFUSED, 0, reason.getBytes(UTF_8));
      throw known ? (TransferException) e : TransferException.refused(reason, e);
    }
  }

  static ByteBuffer checked(MemorySegment memory, long offset, int bytes) {
    if (memory.byteSize() != bytes) {
      throw new IllegalStateException(
          "block of another size: offset=%d expectedBytes=%d actualBytes=%d"
              .formatted(offset, bytes, memory.byteSize()));
    }
    return memory.asByteBuffer();
  }

  /** A user's code failed in the middle: tells the peer, and says what to throw here. */
  static TransferException failed(Link link, String what, Exception cause) {
    tell(link, what);
    var message = "transfer failed here: peer=" + link.peer() + " " + what;
    return TransferException.of(TransferException.Kind.FAILED, message, cause);
  }

  /** Tells the peer of what is wrong with what it sent. */
  static void tellUnknown(Link link, TransferException e) {
    if (e.kind() == TransferException.Kind.DAMAGED
        || e.kind() == TransferException.Kind.MALFORMED) {
      tell(link, e.getMessage());
    }
  }

  /** The last words of a connection. */
  static void tell(Link link, String reason) {
    try {
      link.send(Frame.Kind.FAILED, 0, TransferException.printable(reason).getBytes(UTF_8));
      link.farewell();
    } catch (TransferException e) {
      link.close(); // the peer then sees the end of the connection instead
    }
  }
}
