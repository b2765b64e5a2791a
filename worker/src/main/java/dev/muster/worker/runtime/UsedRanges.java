package dev.muster.worker.runtime;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Stream;
import dev.muster.worker.data.Spans;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What the ranks of a group tell each other at the end of a step: what each of them used in it. */
final class UsedRanges {
  private static final int ALIGN = 64;

  /** A span of one partition. */
  record Used(String dataset, String partition, Spans.Span span) {
    String line() {
      return dataset + ' ' + partition + ' ' + span;
    }

    static Used parse(String line) {
      String[] words = line.split(" ");
      return new Used(words[0], words[1], Spans.parse(words[2]).list().getFirst());
    }
  }

  private UsedRanges() {}

  /** All that was used, in order of the ranks; every rank calls it and ends with the same. */
  static List<Used> gather(Communicator ranks, List<Used> mine) {
    byte[] bytes =
        mine.stream()
            .map(u -> u.line() + '\n')
            .collect(Collectors.joining())
            .getBytes(StandardCharsets.UTF_8);
    try (var arena = Arena.ofConfined()) {
      long longest = longest(ranks, arena, bytes.length);
      return longest == 0 ? List.of() : gather(ranks, arena, bytes, longest);
    }
  }

  private static long longest(Communicator ranks, Arena arena, long bytes) {
    var length = arena.allocate(ValueLayout.JAVA_LONG);
    length.set(ValueLayout.JAVA_LONG, 0, bytes);
    ranks.allReduce(new Buffer(length, DType.INT64), ReduceOp.MAX, Stream.NONE).await();
    return length.get(ValueLayout.JAVA_LONG, 0);
  }

  private static List<Used> gather(Communicator ranks, Arena arena, byte[] bytes, long longest) {
    long room = Math.ceilDiv(longest + 1, ALIGN) * ALIGN; // ends with a zero
    var input = arena.allocate(room, ALIGN);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, input, 0, bytes.length);
    var output = arena.allocate(room * ranks.worldSize(), ALIGN);
    ranks
        .allGather(new Buffer(input, DType.UINT8), new Buffer(output, DType.UINT8), Stream.NONE)
        .await();
    return IntStream.range(0, ranks.worldSize())
        .mapToObj(rank -> output.getString(rank * room))
        .flatMap(String::lines)
        .map(Used::parse)
        .toList();
  }
}
