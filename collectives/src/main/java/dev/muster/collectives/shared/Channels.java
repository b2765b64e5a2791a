package dev.muster.collectives.shared;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.CollectiveMismatchException;
import dev.muster.collectives.DType;
import dev.muster.collectives.Operation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Messages between two ranks, in order. A message goes in packets: one straight out of the sender's
 * region, or several through its two packet buffers. Each rank writes into its own region only: how
 * many packets it has put up for a peer, and how many it has taken from it.
 *
 * <pre>
 *   0  i64  packets put up for the peer, ever; written last, with release
 *   8  i64  packets taken from the peer, ever
 *  64  packet of even number: i64 type of the message, i64 its size in bytes,
 *      i64 where the packet lies in the region, i64 size of the packet in bytes
 * 128  packet of odd number
 * </pre>
 *
 * One thread.
 */
final class Channels {
  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
  private static final long TAKEN = 8;
  private static final long LINES = 64;

  private final Exchange exchange;
  private final ControlFile control;
  private final MemorySegment own;

  Channels(Exchange exchange, ControlFile control) {
    this.exchange = exchange;
    this.control = control;
    this.own = exchange.region().memory();
  }

  void send(Operation.Send o) {
    run(new Sending(o.buffer(), o.to()), null);
  }

  void receive(Operation.Receive o) {
    run(null, new Receiving(o.buffer(), o.from()));
  }

  void sendReceive(Operation.SendReceive o) {
    run(new Sending(o.input(), o.to()), new Receiving(o.output(), o.from()));
  }

  /** Whichever of the two can go on does; both have ended when it returns. */
  private void run(Sending sending, Receiving receiving) {
    var waiter = new Waiter(2);
    try {
      while (true) {
        boolean moved = sending != null && sending.goOn();
        moved |= receiving != null && receiving.goOn();
        if ((sending == null || sending.done()) && (receiving == null || receiving.done())) {
          return;
        }
        if (moved) {
          waiter.done();
          waiter = new Waiter(2);
        } else if (control.revoked()) {
          throw control.revokedException();
        } else {
          waiter.idle();
        }
      }
    } finally {
      waiter.done();
    }
  }

  private long put(int sender, int receiver) {
    return (long) LONG.getAcquire(exchange.views()[sender], Region.channelOffset(receiver));
  }

  private long taken(int receiver, int sender) {
    return (long) LONG.getAcquire(exchange.views()[receiver], Region.channelOffset(sender) + TAKEN);
  }

  private static long line(int receiver, long packet) {
    return Region.channelOffset(receiver) + LINES + (packet & 1) * LINES;
  }

  private final class Sending {
    private final MemorySegment memory;
    private final Buffer buffer;
    private final int to;
    private final long inRegion; // -1: it is not
    private long sent; // bytes
    private boolean begun; // also of no bytes
    private long packets;

    Sending(Buffer buffer, int to) {
      this.buffer = buffer;
      this.memory = buffer.memory();
      this.to = to;
      this.inRegion = exchange.region().offsetOf(memory);
      this.packets = put(exchange.rank(), to);
    }

    boolean done() {
      return begun && sent == memory.byteSize() && taken(to, exchange.rank()) == packets;
    }

    /** The line and the buffer of a packet are free once the last but one was taken. */
    boolean goOn() {
      if (begun && sent == memory.byteSize() || taken(to, exchange.rank()) < packets - 1) {
        return false;
      }
      long bytes = memory.byteSize() - sent;
      long offset = inRegion + sent;
      if (inRegion < 0) {
        bytes = Math.min(bytes, Region.PACKET_BYTES);
        offset = exchange.region().packetOffset(packets);
        MemorySegment.copy(memory, sent, own, offset, bytes);
      }
      putUp(offset, bytes);
      return true;
    }

    private void putUp(long offset, long bytes) {
      long line = line(to, packets);
      own.set(ValueLayout.JAVA_LONG, line, buffer.dtype().ordinal());
      own.set(ValueLayout.JAVA_LONG, line + 8, memory.byteSize());
      own.set(ValueLayout.JAVA_LONG, line + 16, offset);
      own.set(ValueLayout.JAVA_LONG, line + 24, bytes);
      LONG.setRelease(own, Region.channelOffset(to), ++packets);
      sent += bytes;
      begun = true;
    }
  }

  private final class Receiving {
    private final Buffer buffer;
    private final int from;
    private long received; // bytes
    private boolean begun;
    private long packets;

    Receiving(Buffer buffer, int from) {
      this.buffer = buffer;
      this.from = from;
      this.packets = taken(exchange.rank(), from);
    }

    boolean done() {
      return begun && received == buffer.memory().byteSize();
    }

    boolean goOn() {
      if (done() || put(from, exchange.rank()) == packets) {
        return false;
      }
      MemorySegment theirs = exchange.views()[from];
      long line = line(exchange.rank(), packets);
      requireSame(theirs, line);
      long offset = theirs.get(ValueLayout.JAVA_LONG, line + 16);
      long bytes = theirs.get(ValueLayout.JAVA_LONG, line + 24);
      MemorySegment.copy(theirs, offset, buffer.memory(), received, bytes);
      received += bytes;
      begun = true;
      LONG.setRelease(own, Region.channelOffset(from) + TAKEN, ++packets);
      return true;
    }

    private void requireSame(MemorySegment theirs, long line) {
      long type = theirs.get(ValueLayout.JAVA_LONG, line);
      long size = theirs.get(ValueLayout.JAVA_LONG, line + 8);
      if (type != buffer.dtype().ordinal() || size != buffer.memory().byteSize()) {
        throw new CollectiveMismatchException(
            "rank %d sends %d bytes of %s, rank %d expects %d bytes of %s: group=%s generation=%d"
                .formatted(
                    from,
                    size,
                    DType.values()[(int) type],
                    exchange.rank(),
                    buffer.memory().byteSize(),
                    buffer.dtype(),
                    exchange.spec().group(),
                    exchange.spec().generation()));
      }
    }
  }
}
