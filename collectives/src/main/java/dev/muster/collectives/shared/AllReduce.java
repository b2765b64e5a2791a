package dev.muster.collectives.shared;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Call;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Slices;
import java.lang.foreign.MemorySegment;

/**
 * Reduction of whole buffers over shared memory, to all ranks or one. Small: whoever wants it
 * reduces everything. Larger: each rank reduces its slice straight out of its peers' regions, then
 * the slices are gathered.
 */
final class AllReduce {
  static final int ALL = -1;

  private final Exchange exchange;
  private final Call call;
  private final Buffer input;
  private final MemorySegment output;
  private final ReduceOp op;
  private final int root;
  private final MemorySegment own;
  private final MemorySegment[] views;
  private final int width;
  private MemorySegment source;

  /**
   * @param output null where {@code root} is another rank
   * @param root {@link #ALL} for all
   */
  AllReduce(Exchange exchange, Call call, Buffer input, Buffer output, ReduceOp op, int root) {
    this.exchange = exchange;
    this.call = call;
    this.input = input;
    this.output = wants(exchange, root) ? output.memory() : null;
    this.op = op;
    this.root = root;
    this.own = exchange.region().memory();
    this.views = exchange.views();
    this.width = input.dtype().sizeBytes();
    this.source = input.memory();
  }

  private static boolean wants(Exchange exchange, int root) {
    return root == ALL || root == exchange.rank();
  }

  void run() {
    if (source.byteSize() <= Region.SLOT_BYTES) {
      small();
    } else if (root != ALL) { // nobody else's input may change, so the region is no place to reduce
      exchange.meet(call, null);
      staged();
    } else {
      large();
    }
  }

  private void small() {
    long slot = exchange.slotOffset();
    long bytes = source.byteSize();
    MemorySegment.copy(source, 0, own, slot, bytes);
    exchange.meet(call, null);
    if (output != null) {
      reduce(exchange.everywhere(slot), 0, bytes, output, 0);
    }
  }

  /** Out of place is a copy, and in place from there: then only the outputs matter. */
  private void large() {
    if (output.address() != source.address()) {
      output.copyFrom(source);
      source = output;
    }
    exchange.meet(call, output);
    long[] outputs = exchange.published();
    if (outputs != null) {
      direct(outputs);
    } else if (exchange.readable()) {
      reading(new Inputs(exchange, output));
    } else {
      staged();
    }
  }

  /**
   * Where all outputs lie in a region, they are reduced in place. The last meeting keeps a fast
   * rank from changing its buffer while a slow one still gathers from it.
   */
  private void direct(long[] outputs) {
    reduceOwnSlice(outputs, input.elements());
    exchange.meet();
    for (int peer = 0; peer < exchange.worldSize(); peer++) {
      if (peer != exchange.rank()) {
        gather(peer, outputs[peer], input.elements(), 0);
      }
    }
    exchange.meet();
  }

  /** As {@link #direct}, also from memory outside the regions. */
  private void reading(Inputs outputs) {
    var own = bytes(exchange.rank());
    outputs.reduce(input, op, own.from(), own.count(), output, own.from());
    exchange.meet();
    for (int each = 1; each < exchange.worldSize(); each++) {
      int peer = (exchange.rank() + each) % exchange.worldSize(); // not all from the same one
      var slice = bytes(peer);
      outputs.copy(peer, slice.from(), output, slice.from(), slice.count());
    }
    exchange.meet();
  }

  private Slices bytes(int rank) {
    var slice = Slices.of(input.elements(), rank, exchange.worldSize());
    return new Slices(slice.from() * width, slice.to() * width);
  }

  /**
   * Chunks alternate between two stages, so a stage is free again after the next chunk's meetings:
   * no third one needed.
   */
  private void staged() {
    long chunk = Region.STAGE_BYTES / width;
    for (long from = 0; from < input.elements(); from += chunk) {
      long count = Math.min(chunk, input.elements() - from);
      long stage = exchange.nextStageOffset();
      MemorySegment.copy(source, from * width, own, stage, count * width);
      exchange.meet();
      reduceOwnSlice(exchange.everywhere(stage), count);
      exchange.meet();
      for (int peer = 0; output != null && peer < exchange.worldSize(); peer++) {
        gather(peer, stage, count, from * width);
      }
    }
  }

  private void reduceOwnSlice(long[] inputs, long elements) {
    Slices slice = Slices.of(elements, exchange.rank(), exchange.worldSize());
    long delta = slice.from() * width;
    reduce(inputs, delta, slice.count() * width, own, inputs[exchange.rank()] + delta);
  }

  private void reduce(long[] inputs, long delta, long bytes, MemorySegment out, long outOffset) {
    exchange.reduction().reduce(input.dtype(), op, views, inputs, delta, bytes, out, outOffset);
  }

  private void gather(int peer, long peerOffset, long elements, long outOffset) {
    Slices slice = Slices.of(elements, peer, exchange.worldSize());
    long delta = slice.from() * width;
    MemorySegment.copy(
        views[peer], peerOffset + delta, output, outOffset + delta, slice.count() * width);
  }
}
