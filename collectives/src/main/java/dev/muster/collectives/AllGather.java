package dev.muster.collectives;

import java.lang.foreign.MemorySegment;

/**
 * All-gather over shared memory: each rank copies its peers' inputs straight out of their regions.
 */
final class AllGather {
  private final Exchange exchange;
  private final MemorySegment input;
  private final MemorySegment output;
  private final Call call;

  AllGather(Exchange exchange, Buffer input, Buffer output) {
    this.exchange = exchange;
    this.input = input.memory();
    this.output = output.memory();
    this.call = Call.allGather(input);
  }

  void run() {
    if (input.byteSize() <= Region.SLOT_BYTES) {
      small();
      return;
    }
    exchange.meet(call, input);
    long[] inputs = exchange.published();
    if (inputs != null) {
      gather(inputs, 0, input.byteSize());
      exchange.meet();
    } else {
      staged();
    }
  }

  private void small() {
    long slot = exchange.slotOffset();
    MemorySegment.copy(input, 0, exchange.region().memory(), slot, input.byteSize());
    exchange.meet(call, null);
    gather(exchange.everywhere(slot), 0, input.byteSize());
  }

  private void staged() {
    for (long from = 0; from < input.byteSize(); from += Region.STAGE_BYTES) {
      long bytes = Math.min(Region.STAGE_BYTES, input.byteSize() - from);
      long stage = exchange.nextStageOffset();
      MemorySegment.copy(input, from, exchange.region().memory(), stage, bytes);
      exchange.meet();
      gather(exchange.everywhere(stage), from, bytes);
    }
  }

  private void gather(long[] inputs, long from, long bytes) {
    for (int peer = 0; peer < exchange.worldSize(); peer++) {
      long to = peer * input.byteSize() + from;
      MemorySegment.copy(exchange.views()[peer], inputs[peer], output, to, bytes);
    }
  }
}
