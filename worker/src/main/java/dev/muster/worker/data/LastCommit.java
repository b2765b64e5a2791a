package dev.muster.worker.data;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * The newest commit that the ends of {@link SampleLog}s witness: what a run had reached when nobody
 * is left to ask. Costs one short read per file, however long the run.
 *
 * @param generation 0 for none
 * @param step 0 for none
 */
public record LastCommit(long generation, long step) implements Comparable<LastCommit> {
  private static final LastCommit NONE = new LastCommit(0, 0);
  private static final int TAIL_BYTES =
      1 << 18; // many lines: those of one step hold the indices of one share

  /**
   * @throws IOException a file cannot be read
   */
  public static LastCommit of(List<Path> logs) throws IOException {
    var newest = NONE;
    for (var log : logs) {
      var last = last(tail(log));
      newest = last.compareTo(newest) > 0 ? last : newest;
    }
    return newest;
  }

  private static LastCommit last(String tail) {
    int end = tail.lastIndexOf('\n'); // what follows is torn
    int line = tail.lastIndexOf("\nC ", end - 1);
    if (line < 0) {
      return NONE;
    }
    var words = tail.substring(line + 1, tail.indexOf('\n', line + 1)).split(" ");
    return new LastCommit(Long.parseLong(words[1]), Long.parseLong(words[2]));
  }

  private static String tail(Path log) throws IOException {
    try (var file = new RandomAccessFile(log.toFile(), "r")) {
      long from = Math.max(0, file.length() - TAIL_BYTES);
      var bytes = new byte[(int) (file.length() - from)];
      file.seek(from);
      file.readFully(bytes);
      return new String(bytes, StandardCharsets.US_ASCII);
    }
  }

  /** By generation, then step. */
  @Override
  public int compareTo(LastCommit other) {
    return generation != other.generation
        ? Long.compare(generation, other.generation)
        : Long.compare(step, other.step);
  }
}
