package dev.muster.collectives;

import java.lang.foreign.MemorySegment;

/**
 * All-reduce over shared memory, in place. Small: every rank sums everything. Larger: each rank
 * reduces its slice straight out of its peers' regions, then everyone gathers the slices.
 */
final class AllReduce {
  private final Exchange exchange;
  private final Buffer buffer;
  private final ReduceOp op;
  private final MemorySegment own;
  private final MemorySegment[] views;

  AllReduce(Exchange exchange, Buffer buffer, ReduceOp op) {
    this.exchange = exchange;
    this.buffer = buffer;
    this.op = op;
    this.own = exchange.region().memory();
    this.views = exchange.views();
  }

  void run() {
    if (buffer.memory().byteSize() <= Region.SLOT_BYTES) {
      small();
      return;
    }
    exchange.meet(Call.allReduce(buffer, op), buffer.memory());
    long[] inputs = exchange.published();
    if (inputs != null) {
      direct(inputs);
    } else {
      staged();
    }
  }

  private void small() {
    long slot = exchange.slotOffset();
    long bytes = buffer.memory().byteSize();
    MemorySegment.copy(buffer.memory(), 0, own, slot, bytes);
    exchange.meet(Call.allReduce(buffer, op), null);
    reduce(exchange.everywhere(slot), 0, bytes, buffer.memory(), 0);
  }

  /**
   * The last meeting keeps a fast rank from changing its buffer while a slow one still gathers from
   * it.
   */
  private void direct(long[] inputs) {
    reduceOwnSlice(inputs, buffer.elements());
    exchange.meet();
    for (int peer = 0; peer < exchange.worldSize(); peer++) {
      if (peer != exchange.rank()) {
        gather(peer, inputs[peer], buffer.elements(), 0);
      }
    }
    exchange.meet();
  }

  /**
   * Chunks alternate between two stages, so a stage is free again after the next chunk's meetings:
   * no third one needed.
   */
  private void staged() {
    int width = buffer.dtype().sizeBytes();
    long chunk = Region.STAGE_BYTES / width;
    for (long from = 0; from < buffer.elements(); from += chunk) {
      long count = Math.min(chunk, buffer.elements() - from);
      long stage = exchange.nextStageOffset();
      MemorySegment.copy(buffer.memory(), from * width, own, stage, count * width);
      exchange.meet();
      reduceOwnSlice(exchange.everywhere(stage), count);
      exchange.meet();
      for (int peer = 0; peer < exchange.worldSize(); peer++) {
        gather(peer, stage, count, from * width);
      }
    }
  }

  private void reduceOwnSlice(long[] inputs, long elements) {
    Slices slice = Slices.of(elements, exchange.rank(), exchange.worldSize());
    int width = buffer.dtype().sizeBytes();
    long delta = slice.from() * width;
    reduce(inputs, delta, slice.count() * width, own, inputs[exchange.rank()] + delta);
  }

  private void reduce(long[] inputs, long delta, long bytes, MemorySegment out, long outOffset) {
    exchange.reduction().reduce(buffer.dtype(), op, views, inputs, delta, bytes, out, outOffset);
  }

  private void gather(int peer, long peerOffset, long elements, long outOffset) {
    Slices slice = Slices.of(elements, peer, exchange.worldSize());
    int width = buffer.dtype().sizeBytes();
    long delta = slice.from() * width;
    MemorySegment.copy(
        views[peer], peerOffset + delta, buffer.memory(), outOffset + delta, slice.count() * width);
  }
}
