package dev.muster.cli.process;

import dev.muster.protocol.run.LineTail;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

  /** Gives every new line to {@code out}; a worker keeps the prefix of the last rank it had. */
  public void poll(Progress progress, Consumer<String> out) throws IOException {
    progress.ranks().forEach(rank -> ranks.put(rank.worker().replace('/', '-'), rank.rank()));
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
      var prefix = prefix(entry.getKey().getParent().getFileName().toString());
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
