package dev.muster.cli.console;

import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** The screen of {@code muster checkpoints list}. Pure. */
public final class CheckpointTable {
  /**
   * @param timeMs when it was committed, or last written to; since 1970
   * @param shards one of each rank that wrote, where the manifest tells
   * @param state one word, or why not
   */
  public record Row(long step, long timeMs, long sizeBytes, OptionalInt shards, String state) {}

  private CheckpointTable() {}

  public static List<String> lines(List<Row> rows, String place) {
    var lines = new ArrayList<String>();
    lines.add(
        Figures.format("%10s  %-20s  %8s  %6s  %s", "step", "time", "size", "shards", "state"));
    for (var row : rows) {
      lines.add(
          Figures.format(
              "%10d  %-20s  %8s  %6s  %s",
              row.step,
              Instant.ofEpochMilli(row.timeMs).truncatedTo(ChronoUnit.SECONDS),
              Figures.bytes(row.sizeBytes),
              row.shards.isPresent() ? row.shards.getAsInt() : "-",
              row.state));
    }
    long complete = rows.stream().filter(r -> r.shards.isPresent()).count();
    lines.add(
        Figures.count(complete, "checkpoint", "checkpoints")
            + (complete < rows.size() ? ", " + (rows.size() - complete) + " other" : "")
            + " in "
            + place);
    return lines;
  }

  /** One line, for a file that was written from a checkpoint. */
  public static String exported(long step, int tensors, long bytes, Path file) {
    return "step "
        + step
        + ": "
        + Figures.count(tensors, "tensor", "tensors")
        + ", "
        + Figures.bytes(bytes)
        + " in "
        + file;
  }
}
