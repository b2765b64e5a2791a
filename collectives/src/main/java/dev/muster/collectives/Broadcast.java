package dev.muster.collectives;

import java.lang.foreign.MemorySegment;

/** Broadcast over shared memory: each rank copies straight out of the root's region. */
final class Broadcast {
  private final Exchange exchange;
  private final MemorySegment memory;
  private final int root;
  private final Call call;

  Broadcast(Exchange exchange, Buffer buffer, int root) {
    this.exchange = exchange;
    this.memory = buffer.memory();
    this.root = root;
    this.call = Call.broadcast(buffer, root);
  }

  void run() {
    if (memory.byteSize() <= Region.SLOT_BYTES) {
      small();
      return;
    }
    exchange.meet(call, memory);
    long offset = exchange.published(root);
    if (offset >= 0) {
      receive(offset, 0, memory.byteSize());
      exchange.meet();
    } else {
      staged();
    }
  }

  private void small() {
    long slot = exchange.slotOffset();
    send(slot, 0, memory.byteSize());
    exchange.meet(call, null);
    receive(slot, 0, memory.byteSize());
  }

  private void staged() {
    for (long from = 0; from < memory.byteSize(); from += Region.STAGE_BYTES) {
      long bytes = Math.min(Region.STAGE_BYTES, memory.byteSize() - from);
      long stage = exchange.nextStageOffset();
      send(stage, from, bytes);
      exchange.meet();
      receive(stage, from, bytes);
    }
  }

  private void send(long offset, long from, long bytes) {
    if (exchange.rank() == root) {
      MemorySegment.copy(memory, from, exchange.region().memory(), offset, bytes);
    }
  }

  private void receive(long offset, long to, long bytes) {
    if (exchange.rank() != root) {
      MemorySegment.copy(exchange.views()[root], offset, memory, to, bytes);
    }
  }
}
