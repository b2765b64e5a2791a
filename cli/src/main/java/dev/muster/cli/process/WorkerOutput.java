package dev.muster.cli.process;

import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.LineTail;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Follows what all workers print and gives each line the prefix of its rank. Single-threaded. */
public final class WorkerOutput {
  private final RunFolder folder;
  private final Map<Path, LineTail> tails = new TreeMap<>();
  private final Map<String, Integer> ranks = new TreeMap<>();

  public WorkerOutput(RunFolder folder) {
    this.folder = folder;
  }

  /**
   * Learns the ranks from the event of a group that was formed, which is written before its workers
   * start.
   */
  public void members(Event event) {
    if (event.fields().get("members") instanceof List<?> members) {
      for (int rank = 0; rank < members.size(); rank++) {
        ranks.put(members.get(rank).toString().replace('/', '-'), rank);
      }
    }
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
        tails.computeIfAbsent(worker.resolve("stdout.log"), LineTail::new);
        tails.computeIfAbsent(worker.resolve("stderr.log"), LineTail::new);
      }
    }
    for (var entry : tails.entrySet()) {
      var worker = entry.getKey().getParent().getFileName().toString();
      if (!last && !ranks.containsKey(worker)) {
        continue;
      }
      var prefix = prefix(worker);
      for (var line : entry.getValue().poll()) {
        out.accept(prefix + line);
      }
    }
  }

  private String prefix(String worker) {
    var rank = ranks.get(worker);
    return rank == null ? "[" + worker + "] " : "[rank " + rank + "] ";
  }
}
