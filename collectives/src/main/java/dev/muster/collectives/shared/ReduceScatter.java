package dev.muster.collectives.shared;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Call;
import dev.muster.collectives.Operation;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Slices;
import java.lang.foreign.MemorySegment;

/**
 * Reduce-scatter over shared memory: each rank reduces its slice straight out of its peers'
 * regions.
 */
final class ReduceScatter {
  private final Exchange exchange;
  private final Call call;
  private final Buffer input;
  private final Buffer output;
  private final ReduceOp op;
  private final int width;

  ReduceScatter(Exchange exchange, Operation.ReduceScatter operation) {
    this.exchange = exchange;
    this.call = operation.call();
    this.input = operation.input();
    this.output = operation.output();
    this.op = operation.op();
    this.width = input.dtype().sizeBytes();
  }

  void run() {
    if (input.memory().byteSize() <= Region.SLOT_BYTES) {
      small();
      return;
    }
    exchange.meet(call, input.memory());
    long[] inputs = exchange.published();
    if (inputs != null) {
      reduce(inputs, slice(exchange.rank()).from(), output.elements(), 0);
      exchange.meet();
    } else if (exchange.readable()) {
      long from = slice(exchange.rank()).from() * width;
      new Inputs(exchange, input.memory())
          .reduce(input, op, from, output.memory().byteSize(), output.memory(), 0);
      exchange.meet();
    } else {
      staged();
    }
  }

  private void small() {
    long slot = exchange.slotOffset();
    MemorySegment own = exchange.region().memory();
    MemorySegment.copy(input.memory(), 0, own, slot, input.memory().byteSize());
    exchange.meet(call, null);
    reduce(exchange.everywhere(slot), slice(exchange.rank()).from(), output.elements(), 0);
  }

  /** A chunk holds a piece of every rank's slice, so that all ranks have work in every round. */
  private void staged() {
    long piece = Region.STAGE_BYTES / width / exchange.worldSize();
    long longest = slice(0).count();
    for (long from = 0; from < longest; from += piece) {
      long stage = exchange.nextStageOffset();
      for (int peer = 0; peer < exchange.worldSize(); peer++) {
        stage(peer, from, piece, stage + peer * piece * width);
      }
      exchange.meet();
      long count = Math.clamp(output.elements() - from, 0, piece);
      reduce(exchange.everywhere(stage), exchange.rank() * piece, count, from * width);
    }
  }

  private void stage(int peer, long from, long piece, long offset) {
    Slices slice = slice(peer);
    long count = Math.clamp(slice.count() - from, 0, piece);
    MemorySegment own = exchange.region().memory();
    MemorySegment.copy(input.memory(), (slice.from() + from) * width, own, offset, count * width);
  }

  private void reduce(long[] inputs, long fromElement, long count, long outOffset) {
    exchange
        .reduction()
        .reduce(
            input.dtype(),
            op,
            exchange.views(),
            inputs,
            fromElement * width,
            count * width,
            output.memory(),
            outOffset);
  }

  private Slices slice(int rank) {
    return Slices.of(input.elements(), rank, exchange.worldSize());
  }
}
