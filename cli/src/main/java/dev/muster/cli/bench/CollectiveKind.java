package dev.muster.cli.bench;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Operation;
import dev.muster.collectives.ReduceOp;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * What {@code muster bench collectives} compares. The size of a call is that of its larger side: of
 * an all-gather's output, of a reduce-scatter's input.
 */
public enum CollectiveKind {
  ALL_REDUCE("allReduce"),
  ALL_GATHER("allGather"),
  REDUCE_SCATTER("reduceScatter"),
  BROADCAST("broadcast"),
  ALL_TO_ALL("allToAll");

  private final String label;

  CollectiveKind(String label) {
    this.label = label;
  }

  public static CollectiveKind of(String label) {
    return Arrays.stream(values())
        .filter(kind -> kind.label.equals(label))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(label + ": not one of " + labels()));
  }

  public static String labels() {
    return Arrays.stream(values()).map(CollectiveKind::label).collect(Collectors.joining(","));
  }

  public String label() {
    return label;
  }

  /** All-reduce and broadcast work in place, on the input. */
  public boolean inPlace() {
    return this == ALL_REDUCE || this == BROADCAST;
  }

  /**
   * @param input of the size of the call
   * @param output likewise
   */
  Operation on(Buffer input, Buffer output, int worldSize) {
    long part = input.elements() / worldSize;
    return switch (this) {
      case ALL_REDUCE -> new Operation.AllReduce(input, input, ReduceOp.SUM);
      case ALL_GATHER -> new Operation.AllGather(input.slice(0, part), output);
      case REDUCE_SCATTER ->
          new Operation.ReduceScatter(input, output.slice(0, part), ReduceOp.SUM);
      case BROADCAST -> new Operation.Broadcast(input, 0);
      case ALL_TO_ALL -> new Operation.AllToAll(input, output);
    };
  }

  /** Element {@code i} of the result when rank r has given r + 1 everywhere. */
  float expected(long i, long elements, int worldSize) {
    return switch (this) {
      case ALL_REDUCE, REDUCE_SCATTER -> worldSize * (worldSize + 1) / 2f;
      case ALL_GATHER, ALL_TO_ALL -> i / (elements / worldSize) + 1;
      case BROADCAST -> 1;
    };
  }

  /**
   * Bytes that all ranks together must read and write for one call without any copy on the way:
   * each result byte is written once, each byte it is made of read once; an all-reduce has its sums
   * read once more by the other ranks.
   */
  public long bytesMoved(long bytes, int worldSize) {
    return switch (this) {
      case ALL_REDUCE -> bytes * worldSize + bytes + 2 * bytes * (worldSize - 1);
      case ALL_GATHER, ALL_TO_ALL -> 2 * bytes * worldSize;
      case REDUCE_SCATTER -> bytes * worldSize + bytes;
      case BROADCAST -> 2 * bytes * (worldSize - 1);
    };
  }
}
