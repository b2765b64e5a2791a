package dev.muster.cli.torchrun;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/** What the ranks of {@code steps.py} write: {@code ATTEMPT-RANK.log}, a process id, then steps. */
final class StepLogs {
  private final Path folder;
  private final int ranks;

  StepLogs(Path folder, int ranks) {
    this.folder = folder;
    this.ranks = ranks;
  }

  private List<String> lines(int attempt, int rank) throws IOException {
    try {
      var text = Files.readString(folder.resolve(attempt + "-" + rank + ".log"));
      return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList(); // whole ones
    } catch (NoSuchFileException notYet) {
      return List.of();
    }
  }

  /** Whether every rank of the attempt has made so many steps. */
  boolean reached(int attempt, int steps) throws IOException {
    for (int rank = 0; rank < ranks; rank++) {
      if (lines(attempt, rank).size() <= steps) {
        return false;
      }
    }
    return true;
  }

  long pid(int attempt, int rank) throws IOException {
    return Long.parseLong(lines(attempt, rank).getFirst());
  }

  /** When rank 0 ended its first step of the attempt, on the clock of System.nanoTime. */
  OptionalLong firstStepNs(int attempt) throws IOException {
    var lines = lines(attempt, 0);
    return lines.size() < 2
        ? OptionalLong.empty()
        : OptionalLong.of(Long.parseLong(lines.get(1).split(" ")[1]));
  }

  /** The newest attempt of which rank 0 has begun; -1: none. */
  int newest() throws IOException {
    try (var files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith("-0.log"))
          .mapToInt(name -> Integer.parseInt(name.split("-")[0]))
          .max()
          .orElse(-1);
    }
  }
}
