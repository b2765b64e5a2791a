package dev.muster.collectives.shared;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.collectives.RankThreads;
import dev.muster.collectives.flight.Diagnosis;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three processes, one of them killed with SIGKILL in the middle of its collectives. */
class KilledRankTest {
  private static final int WORLD_SIZE = 3;

  @TempDir Path directory;
  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void killAll() {
    processes.forEach(Process::destroyForcibly);
  }

  @Test
  void givenProcessesInCollectives_whenOneIsKilled_thenTheOthersLeaveWithTheSameCommittedStep()
      throws Exception {
    var spec = new Groups.Spec(directory, "dp", 3, WORLD_SIZE, 0, 16 << 20);
    try (GroupMonitor monitor = new SharedMemoryGroups().monitor(spec)) {
      for (int rank = 0; rank < WORLD_SIZE; rank++) {
        processes.add(start(rank));
      }
      RankThreads.await("30 steps", () -> monitor.committedStep() >= 30 || anyExited());
      processes.get(1).destroyForcibly();
      assertThat(processes.get(1).waitFor()).isEqualTo(128 + 9);
      RankThreads.await(
          "survivors wait for the dead rank", () -> waitingFor(1, monitor.arrivals()));
      long committed = monitor.revoke("rank 1 was killed");
      assertThat(committed).isGreaterThanOrEqualTo(30);
      for (int survivor : new int[] {0, 2}) {
        Process process = processes.get(survivor);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(output(process))
            .isEqualTo(
                "applied="
                    + committed
                    + " group revoked: group=dp generation=3 reason=rank 1 was killed\n");
        assertThat(process.exitValue()).isEqualTo(RankProcess.REVOKED);
      }
      assertThat(monitor.committedStep()).isEqualTo(committed);
      var diagnosis =
          Diagnosis.decide("dp", monitor.standings(), arrivals(monitor), System.nanoTime());
      assertThat(diagnosis.suspects()).as(diagnosis.text()).containsExactly(1);
    }
    try (var files = Files.list(directory)) {
      assertThat(files)
          .map(f -> f.getFileName().toString())
          .containsExactlyInAnyOrder("dp-g3.ctl", "dp-g3-r0.rec", "dp-g3-r1.rec", "dp-g3-r2.rec");
    }
  }

  private boolean anyExited() {
    return processes.stream().anyMatch(process -> !process.isAlive());
  }

  private static boolean waitingFor(int dead, long[] arrivals) {
    return arrivals[0] > arrivals[dead] && arrivals[2] > arrivals[dead];
  }

  private static List<Long> arrivals(GroupMonitor monitor) {
    return Arrays.stream(monitor.arrivals()).boxed().toList();
  }

  private static String output(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private Process start(int rank) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-modules=jdk.incubator.vector",
            "-XX:+UseSerialGC",
            "-Xmx64m",
            "-cp",
            System.getProperty("java.class.path"),
            RankProcess.class.getName(),
            directory.toString(),
            Integer.toString(WORLD_SIZE),
            Integer.toString(rank))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }
}
