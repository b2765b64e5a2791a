package dev.muster.worker.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Reads {@link SampleLog}s, one line at a time. */
final class SampleLines {
  sealed interface Line {}

  record Dataset(long samples, int globalBatch) implements Line {}

  record Delivered(long generation, long step, long epoch, long[] indices) implements Line {}

  record Committed(long generation, long step) implements Line {}

  /** Of a dataset known by name, which has no part in the job's samples. */
  record Used() implements Line {}

  record Malformed(Path file, long number) implements Line {}

  private SampleLines() {}

  static void read(List<Path> logs, Consumer<Line> sink) throws IOException {
    for (Path log : logs) {
      try (BufferedReader reader = Files.newBufferedReader(log)) {
        boolean torn = endsWithinLine(log);
        String line = reader.readLine();
        for (long number = 1; line != null; number++) {
          String next = reader.readLine();
          if (next != null
              || !torn) { // its writer was killed within the last line: that never happened
            sink.accept(parse(line, log, number));
          }
          line = next;
        }
      }
    }
  }

  private static boolean endsWithinLine(Path log) throws IOException {
    try (var channel = Files.newByteChannel(log)) {
      var last = ByteBuffer.allocate(1);
      channel.position(Math.max(0, channel.size() - 1));
      return channel.read(last) == 1 && last.get(0) != '\n';
    }
  }

  private static Line parse(String line, Path file, long number) {
    String[] parts = line.split(" ", -1);
    try {
      return switch (parts[0]) {
        case "H" -> new Dataset(Long.parseLong(parts[1]), Integer.parseInt(parts[2]));
        case "D" ->
            new Delivered(
                Long.parseLong(parts[1]),
                Long.parseLong(parts[2]),
                Long.parseLong(parts[3]),
                indices(parts[4]));
        case "C" -> new Committed(Long.parseLong(parts[1]), Long.parseLong(parts[2]));
        case "R" -> new Used();
        default -> new Malformed(file, number);
      };
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      return new Malformed(file, number);
    }
  }

  private static long[] indices(String list) {
    if (list.isEmpty()) {
      return new long[0];
    }
    String[] parts = list.split(",", -1);
    long[] indices = new long[parts.length];
    for (int i = 0; i < parts.length; i++) {
      indices[i] = Long.parseLong(parts[i]);
    }
    return indices;
  }
}
