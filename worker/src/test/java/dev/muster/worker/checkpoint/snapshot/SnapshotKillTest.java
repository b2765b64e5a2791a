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
  private long reported; // the last step whose save has returned in a process that is dead now
  private int torn; // kills that left a half unfinished

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
    System.out.println("kills=" + KILLS + " torn=" + torn + " lastStep=" + reported);
    assertThat(torn).as("kills that hit a save").isPositive();
  }

  private void saveUntilKilled(int saves, long thenNs) throws IOException, InterruptedException {
    var command = SavingProcess.command(folder, reported + 1);
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

  private boolean read(BufferedReader steps) throws IOException {
    String line = steps.readLine();
    if (line != null) {
      reported = Long.parseLong(line);
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
        var actual = SavingProcess.state(arena, newest.step());
        newest.restore(actual.tensors());
        var expected = SavingProcess.state(arena, newest.step()).fill(newest.step());
        assertThat(actual.sameBytes(expected)).as(replay).isTrue();
        torn += file.torn() ? 1 : 0;
        reported = newest.step();
      }
    }
  }
}
