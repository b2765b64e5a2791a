package dev.muster.collectives.shared;

import dev.muster.collectives.Call;
import dev.muster.collectives.Movement;
import dev.muster.collectives.Operation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * All-to-all with parts of any size: the ranks tell each other their counts, and then know all of
 * it.
 */
final class Uneven {
  private final Exchange exchange;
  private final Operation.AllToAllUneven operation;
  private final int worldSize;

  Uneven(Exchange exchange, Operation.AllToAllUneven operation) {
    this.exchange = exchange;
    this.operation = operation;
    this.worldSize = exchange.worldSize();
  }

  void run() {
    long[][] counts = counts();
    for (int giver = 0; giver < worldSize; giver++) {
      operation.requireExpected(giver, counts[giver][exchange.rank()], exchange.rank());
    }
    int width = operation.input().dtype().sizeBytes();
    var bytes = new long[worldSize][];
    long elements = 0;
    for (int giver = 0; giver < worldSize; giver++) {
      bytes[giver] = Arrays.stream(counts[giver]).map(count -> count * width).toArray();
      elements += Arrays.stream(counts[giver]).sum();
    }
    exchange.begin();
    var call = operation.call();
    var data = new Call(call.kind(), call.dtype(), null, elements, 0);
    new Pull(exchange, Movement.uneven(bytes), data, operation.input(), operation.output()).run();
  }

  /** By giver and taker. */
  private long[][] counts() {
    long slot = exchange.slotOffset();
    long length = worldSize * Long.BYTES;
    MemorySegment own = exchange.region().memory();
    MemorySegment.copy(operation.inputCounts(), 0, own, ValueLayout.JAVA_LONG, slot, worldSize);
    exchange.meet(operation.call(), null);
    var counts = new long[worldSize][worldSize];
    for (int giver = 0; giver < worldSize; giver++) {
      MemorySegment.copy(
          exchange.views()[giver].asSlice(slot, length),
          ValueLayout.JAVA_LONG,
          0,
          counts[giver],
          0,
          worldSize);
    }
    return counts;
  }
}
