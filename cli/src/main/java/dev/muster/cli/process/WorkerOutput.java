package dev.muster.cli.process;

import dev.muster.cli.torchrun.RankOutput;
import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.LineTail;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Follows what all workers print and gives each line the prefix of its rank. Single-threaded. */
public final class WorkerOutput {
  private static final String OUT = "stdout.log";
  private static final String ERR = "stderr.log";

  private final RunFolder folder;
  private final RankOutput choice;
  private final Map<Path, LineTail> tails = new TreeMap<>();
  private final Map<String, LocalRanks.Place> places = new TreeMap<>();

  /**
   * @param choice whose lines are given
   */
  public WorkerOutput(RunFolder folder, RankOutput choice) {
    this.folder = folder;
    this.choice = choice;
  }

  /**
   * Learns the ranks from the event of a group that was formed, which is written before its workers
   * start.
   */
  public void members(Event event) {
    LocalRanks.of(event).forEach((worker, place) -> places.put(worker.replace('/', '-'), place));
  }

  /**
   * Gives every new line to {@code out}; a worker keeps the prefix of the last rank it had.
   *
   * @param last also lines of workers whose rank is not known yet; otherwise those wait
   */
  public void poll(boolean last, Consumer<String> out) throws IOException {
    if (!Files.isDirectory(folder.logs())) {
      return;
    }
    try (var workers = Files.newDirectoryStream(folder.logs())) {
      for (var worker : workers) {
        tails.computeIfAbsent(worker.resolve(OUT), LineTail::new);
        tails.computeIfAbsent(worker.resolve(ERR), LineTail::new);
      }
    }
    for (var entry : tails.entrySet()) {
      var worker = entry.getKey().getParent().getFileName().toString();
      var place = places.get(worker);
      if (place == null && !last) {
        continue;
      }
      var prefix =
          place == null ? "[" + worker + "] " : choice.prefix(place.rank(), place.localRank());
      boolean shown =
          place == null || choice.shows(place.localRank(), entry.getKey().endsWith(ERR));
      for (var line : entry.getValue().poll()) {
        if (shown) {
          out.accept(prefix + line);
        }
      }
    }
  }
}
