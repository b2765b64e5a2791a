package dev.muster.worker.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleAuditTest {
  private static final TreeMap<Long, Long> NONE = new TreeMap<>();
  private static final int WORLD = 3;
  private static final Sampler SAMPLER = new Sampler(5, 50, 8); // 7 steps an epoch, the last of 2

  @TempDir Path folder;
  private final List<Path> files = new ArrayList<>();

  @BeforeEach
  void startLogs() {
    for (int rank = 0; rank < WORLD; rank++) {
      files.add(folder.resolve(rank + ".log"));
      try (var log = SampleLog.open(files.get(rank))) {
        log.dataset(SAMPLER.samples(), SAMPLER.globalBatch());
      }
    }
  }

  @Test
  void givenAnUndisturbedRun_whenAudited_thenEachSampleIsUsedExactlyOnce() throws IOException {
    train(1, 1, 17);
    assertThat(SampleAudit.of(files))
        .isEqualTo(new Audit(17, 2 * 50 + 3 * 8, 0, 0, true, NONE, 0, List.of()));
  }

  @Test
  void givenRevokedSteps_whenRedoneByTheNextGeneration_thenTheyAreCountedAndStillUsedOnce()
      throws IOException {
    train(1, 1, 4);
    deliver(1, 5, WORLD);
    train(2, 5, 9);
    deliver(2, 10, 2); // one rank died before its loader delivered
    train(3, 10, 14);
    assertThat(SampleAudit.of(files))
        .isEqualTo(
            new Audit(
                14,
                100,
                0,
                0,
                true,
                new TreeMap<>(Map.of(1L, 1L, 2L, 1L)),
                8 + SAMPLER.share(10, 0, WORLD).length + SAMPLER.share(10, 1, WORLD).length,
                List.of()));
  }

  @Test
  void givenARestartFromScratch_whenAudited_thenOnlyTheNewHistoryCounts() throws IOException {
    train(1, 1, 10);
    train(4, 1, 8);
    assertThat(SampleAudit.of(files))
        .isEqualTo(new Audit(8, 58, 0, 0, true, new TreeMap<>(Map.of(1L, 8L)), 58, List.of()));
  }

  @Test
  void givenAStepInFlightAtTheEnd_whenAudited_thenItDoesNotCount() throws IOException {
    train(1, 1, 7);
    deliver(1, 8, WORLD);
    assertThat(SampleAudit.of(files)).isEqualTo(new Audit(7, 50, 0, 0, true, NONE, 0, List.of()));
  }

  @Test
  void givenACommitThatOneRankAloneWrote_whenAudited_thenTheStepCounts() throws IOException {
    train(1, 1, 6);
    deliver(1, 7, WORLD);
    commit(1, 7, 1);
    assertThat(SampleAudit.of(files)).isEqualTo(new Audit(7, 50, 0, 0, true, NONE, 0, List.of()));
  }

  @Test
  void givenAPlantedDuplicate_whenAudited_thenItIsCaught() throws IOException {
    train(1, 1, 3);
    long stolen = SAMPLER.share(1, 0, WORLD)[0];
    plant(1, 4, samples -> samples[0] = stolen);
    Audit audit = SampleAudit.of(files);
    assertThat(audit.exactlyOnce()).isFalse();
    assertThat(audit.duplicates()).isEqualTo(1);
    assertThat(audit.missing()).isEqualTo(1);
    assertThat(audit.findings()).anyMatch(f -> f.startsWith("duplicate: sample=" + stolen));
  }

  @Test
  void givenAPlantedDrop_whenAudited_thenItIsCaughtInCompleteAndPartialEpochs() throws IOException {
    for (long at : new long[] {2, 7, 9}) {
      files.clear();
      for (Path file : Files.list(folder).toList()) {
        Files.delete(file);
      }
      startLogs();
      for (long step = 1; step <= 9; step++) {
        if (step == at) {
          dropOne(step);
        } else {
          train(1, step, step);
        }
      }
      Audit audit = SampleAudit.of(files);
      assertThat(audit.exactlyOnce()).as("step=%d", at).isFalse();
      assertThat(audit.missing()).isEqualTo(1);
      assertThat(audit.duplicates()).isZero();
    }
  }

  @Test
  void givenAnUnknownSampleASkippedStepOrABrokenLine_whenAudited_thenEachIsAFinding()
      throws IOException {
    train(1, 1, 2);
    plant(1, 3, samples -> samples[0] = 50);
    train(1, 5, 5);
    Files.writeString(files.get(0), "D one two\n", StandardOpenOption.APPEND);
    Audit audit = SampleAudit.of(files);
    assertThat(audit.findings())
        .anyMatch(f -> f.startsWith("unknown sample: sample=50"))
        .anyMatch(f -> f.startsWith("step was never committed: step=4"))
        .anyMatch(f -> f.startsWith("unreadable line"));
  }

  @Test
  void givenALastLineCutByAKill_whenAudited_thenItNeverHappened() throws IOException {
    train(1, 1, 7);
    Files.writeString(files.get(2), "D 1 8 1 4,", StandardOpenOption.APPEND);
    assertThat(SampleAudit.of(files).exactlyOnce()).isTrue();
  }

  @Test
  void givenRandomHistories_whenAuditedWithOneDefect_thenItIsAlwaysFound() throws IOException {
    for (long seed = 0; seed < 40; seed++) {
      var random = new SplittableRandom(seed);
      files.clear();
      for (Path file : Files.list(folder).toList()) {
        Files.delete(file);
      }
      startLogs();
      long bad = random.nextLong(1, 20);
      long generation = 1;
      for (long step = 1; step <= 20; step++) {
        if (random.nextInt(3) == 0) {
          deliver(generation++, step, random.nextInt(WORLD + 1));
        }
        if (step == bad) {
          dropOne(generation, step);
        } else {
          train(generation, step, step);
        }
      }
      Audit audit = SampleAudit.of(files);
      assertThat(audit.missing()).as("seed=%d bad=%d", seed, bad).isEqualTo(1);
      assertThat(audit.exactlyOnce()).isFalse();
    }
  }

  private void train(long generation, long from, long to) {
    for (long step = from; step <= to; step++) {
      deliver(generation, step, WORLD);
      for (int rank = 0; rank < WORLD; rank++) {
        commit(generation, step, rank);
      }
    }
  }

  private void deliver(long generation, long step, int ranks) {
    for (int rank = 0; rank < ranks; rank++) {
      write(rank, generation, step, SAMPLER.share(step, rank, WORLD));
    }
  }

  private void dropOne(long step) {
    dropOne(1, step);
  }

  private void dropOne(long generation, long step) {
    for (int rank = 0; rank < WORLD; rank++) {
      long[] share = SAMPLER.share(step, rank, WORLD);
      write(rank, generation, step, rank == 0 ? Arrays.copyOf(share, share.length - 1) : share);
    }
    commit(generation, step, 0);
  }

  private void plant(long generation, long step, Consumer<long[]> change) {
    for (int rank = 0; rank < WORLD; rank++) {
      long[] share = SAMPLER.share(step, rank, WORLD);
      if (rank == 0) {
        change.accept(share);
      }
      write(rank, generation, step, share);
    }
    commit(generation, step, 2);
  }

  private void write(int rank, long generation, long step, long[] share) {
    try (var log = SampleLog.open(files.get(rank))) {
      log.delivered(generation, step, SAMPLER.batch(step).epoch(), share);
    }
  }

  private void commit(long generation, long step, int rank) {
    try (var log = SampleLog.open(files.get(rank))) {
      log.committed(generation, step, 0.5);
    }
  }
}
