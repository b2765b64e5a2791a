package dev.muster.collectives.shared;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.ReduceOp;
import java.lang.foreign.MemorySegment;

/**
 * What the ranks have published for one call, wherever it lies: in a shared region, in this
 * process, or in a peer's own memory. Valid between the meeting that published it and the next one
 * after its last use. One thread.
 */
final class Inputs {
  /** One strip of each peer stays in the second cache until it is reduced. */
  static final int STRIP_BYTES = 64 << 10;

  private final Exchange exchange;
  private final MemorySegment own;

  /**
   * @param own what this rank has published
   */
  Inputs(Exchange exchange, MemorySegment own) {
    this.exchange = exchange;
    this.own = own;
  }

  void copy(int peer, long from, MemorySegment to, long offset, long bytes) {
    if (bytes == 0) {
      return;
    }
    if (peer == exchange.rank()) {
      MemorySegment.copy(own, from, to, offset, bytes);
    } else if (exchange.published(peer) >= 0) {
      var view = exchange.views()[peer];
      MemorySegment.copy(view, exchange.published(peer) + from, to, offset, bytes);
    } else {
      exchange.readPeer(peer, from, to, offset, bytes);
    }
  }

  /**
   * @param op over the same bytes of all inputs
   * @param out may be this rank's input, at the same place
   */
  void reduce(Buffer like, ReduceOp op, long from, long bytes, MemorySegment out, long outOffset) {
    var sources = new MemorySegment[exchange.worldSize()];
    var offsets = new long[sources.length];
    for (long at = 0; at < bytes; at += STRIP_BYTES) {
      long length = Math.min(STRIP_BYTES, bytes - at);
      for (int peer = 0; peer < sources.length; peer++) {
        place(peer, from + at, length, sources, offsets);
      }
      exchange
          .reduction()
          .reduce(like.dtype(), op, sources, offsets, 0, length, out, outOffset + at);
    }
  }

  private void place(int peer, long from, long bytes, MemorySegment[] sources, long[] offsets) {
    if (peer == exchange.rank()) {
      sources[peer] = own;
      offsets[peer] = from;
    } else if (exchange.published(peer) >= 0) {
      sources[peer] = exchange.views()[peer];
      offsets[peer] = exchange.published(peer) + from;
    } else {
      sources[peer] = exchange.scratch();
      offsets[peer] = (long) peer * STRIP_BYTES;
      exchange.readPeer(peer, from, exchange.scratch(), offsets[peer], bytes);
    }
  }
}
