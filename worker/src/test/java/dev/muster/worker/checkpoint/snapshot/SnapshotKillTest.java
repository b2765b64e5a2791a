package dev.muster.worker.checkpoint.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A real process saves and is killed with SIGKILL, wherever it is, again and again. */
class SnapshotKillTest {
  private static final int KILLS = Integer.getInteger("muster.snapshot.kills", 32);
  private static final long SEED = Long.getLong("muster.snapshot.seed", 20_261_122);
  private static final long STEP_NS_MAX = 80_000_000; // about what filling and saving take

  private Path folder;
  private long reported; // the step that was the newest when a process that is dead now said so
  private long reportedGeneration; // which had saved it
  private long nextGeneration; // what saves the step after it has at least this one
  private int torn; // kills that left a buffer unfinished
  private int backs; // kills in processes that had taken a step back

  @BeforeEach
  void make() throws IOException {
    Path shared = Path.of("/dev/shm");
    Path parent =
        Files.isDirectory(shared) ? shared : Path.of(System.getProperty("java.io.tmpdir"));
    folder = Files.createTempDirectory(parent, "muster-snapshot-kill-");
  }

  @AfterEach
  void remove() throws IOException {
    try (var files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(f -> f.delete());
    }
  }

  @Test
  @Timeout(600)
  void givenAWriterKilledAtAnyInstant_whenRead_thenACompleteStepNoOlderThanTheLastSaveIsThere()
      throws Exception {
    var random = new Random(SEED);
    for (int kill = 0; kill < KILLS; kill++) {
      saveUntilKilled(random.nextInt(4), random.nextLong(STEP_NS_MAX));
      check("replay: -Dmuster.snapshot.seed=" + SEED + " -Dmuster.snapshot.kills=" + (kill + 1));
    }
    System.out.println(
        "kills=" + KILLS + " torn=" + torn + " backs=" + backs + " lastStep=" + reported);
    assertThat(torn).as("kills that hit a save").isPositive();
    assertThat(backs).as("steps that were taken back").isPositive();
  }

  private void saveUntilKilled(int saves, long thenNs) throws IOException, InterruptedException {
    var command = SavingProcess.command(folder, reported, reportedGeneration);
    var errors = folder.resolve("stderr").toFile();
    Process process = new ProcessBuilder(command).redirectError(errors).start();
    try (BufferedReader steps = process.inputReader()) {
      for (int i = 0; i < saves; i++) {
        assertThat(read(steps)).as("a step; stderr is in %s", errors).isTrue();
      }
      LockSupport.parkNanos(thenNs);
      process.toHandle().destroyForcibly(); // unlike the process's own, it leaves the pipe readable
      process.waitFor();
      while (read(steps)) {
        // what it had reported before it died
      }
    }
  }

  private boolean read(BufferedReader lines) throws IOException {
    String line = lines.readLine();
    if (line != null) {
      var words = line.split(" ");
      long savedBy = reportedGeneration;
      reported = Long.parseLong(words[1]);
      reportedGeneration = Long.parseLong(words[2]);
      switch (words[0]) {
        case "saved" -> nextGeneration = reportedGeneration;
        case "to" -> nextGeneration = savedBy;
        case "back" -> {
          nextGeneration++; // the step after it is gone, if it is not that of the next group
          backs++;
        }
        default -> throw new AssertionError(line);
      }
    }
    return line != null;
  }

  private void check(String replay) {
    try (var arena = Arena.ofShared()) {
      var reader = SnapshotReader.open(SavingProcess.places(folder), "rank-0");
      if (reader.isEmpty()) {
        assertThat(reported).as(replay).isZero();
        return;
      }
      try (var file = reader.get();
          var newest = file.newest().orElseThrow(() -> new AssertionError(replay))) {
        assertThat(newest.step()).as(replay).isBetween(reported, reported + 1);
        assertGeneration(newest, replay);
        var actual = SavingProcess.state(arena, newest.step());
        newest.restore(actual.tensors());
        var expected = SavingProcess.filled(arena, newest.step(), newest.generation());
        assertThat(actual.sameBytes(expected)).as(replay).isTrue();
        torn += file.torn() ? 1 : 0;
        reported = newest.step();
        reportedGeneration = newest.generation();
        nextGeneration = reportedGeneration + 1;
      }
    }
  }

  private void assertGeneration(PinnedSnapshot newest, String replay) {
    if (newest.step() == reported) {
      assertThat(newest.generation()).as(replay).isEqualTo(reportedGeneration);
    } else {
      assertThat(newest.generation()).as(replay).isGreaterThanOrEqualTo(nextGeneration);
    }
  }
}
