package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.run.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Any command, one process per rank, as users of torchrun expect it. */
@Timeout(180)
class PlainCommandTest {
  @RegisterExtension final MusterRuns muster = new MusterRuns();

  private MusterProcess shell(int workers, String script, String... flags) {
    var all = new java.util.ArrayList<>(List.of("--workers", "" + workers));
    all.addAll(List.of(flags));
    all.addAll(List.of("--", "sh", "-c", script));
    return muster.run(all.toArray(String[]::new));
  }

  @Test
  void givenThreeRanks_whenTheyExitWithZero_thenEachHadItsEnvironmentAndItsOutputIsKept()
      throws IOException {
    var run =
        shell(3, "echo r=$RANK l=$LOCAL_RANK w=$WORLD_SIZE id=$MUSTER_RUN_ID; echo e$RANK >&2");
    assertThat(run.awaitExit()).isZero();
    for (int rank = 0; rank < 3; rank++) {
      var line = "r=" + rank + " l=" + rank + " w=3 id=" + run.folder().run();
      assertThat(run.output())
          .contains("[rank " + rank + "] " + line, "[rank " + rank + "] e" + rank);
      assertThat(run.folder().logs().resolve("n0-" + rank).resolve("stdout.log")).hasContent(line);
      assertThat(Files.readString(run.folder().logs().resolve("n0-" + rank).resolve("stderr.log")))
          .isEqualTo("e" + rank + "\n");
    }
    assertThat(run.output()).contains("succeeded: all 3 ranks exited with 0");
    assertThat(run.folder().samples()).isEmptyDirectory();
  }

  @Test
  void givenFlagsAfterTheCommand_whenRun_thenTheyAreTheCommands() {
    var run =
        muster.run("--workers", "1", "echo", "--workers", "9", "--help", "-Dx=y", "--", "--fail");
    assertThat(run.awaitExit()).isZero();
    assertThat(run.output()).contains("[rank 0] --workers 9 --help -Dx=y -- --fail");
  }

  @Test
  void givenARankThatExitsWithThree_whenRestarted_thenTheBudgetCountsAndTheFirstCauseIsNamed() {
    var run =
        shell(3, "echo attempt $TORCHELASTIC_RESTART_COUNT; test $RANK != 1 || exit 3; sleep 1000");
    assertThat(run.awaitExit()).isEqualTo(1);
    var result = run.awaitResult();
    assertThat(result.generations()).as("the first and three restarts").isEqualTo(4);
    assertThat(result.reason()).contains("budget used up", "exit code 3", "maxRestarts=3");
    assertThat(result.firstCause().rank()).isEqualTo(1);
    assertThat(run.output())
        .contains("[rank 1] attempt 0", "[rank 1] attempt 3", "first cause         rank 1");
  }

  @Test
  void givenARankThatIsKilled_whenRestarted_thenNoUserErrorIsCharged() {
    var run =
        shell(
            2, "test $TORCHELASTIC_RESTART_COUNT = 0 || exit 0; sleep 1000", "--max-restarts", "0");
    run.awaitProgress("running", p -> p.ranks().size() == 2 && p.ranks().get(1).pid() > 0);
    ProcessTable.kill(run.rankPid(1));
    assertThat(run.awaitExit()).isZero();
    assertThat(run.awaitResult().generations()).isEqualTo(2);
    assertThat(run.events("failure.charged"))
        .extracting(Event::text)
        .singleElement()
        .asString()
        .contains("ended by INFRASTRUCTURE (SIGKILL)");
  }

  @Test
  void givenRanksThatIgnoreSigterm_whenStopped_thenTheGraceEndsThemWithTheirChildren() {
    var run =
        shell(
            2,
            "trap '' TERM; sleep 1000 & echo ready; while :; do wait; sleep 1; done",
            "-Dmuster.job.grace=1s");
    run.await(
        "both are ready",
        () ->
            Optional.of(1)
                .filter(s ->
                    run.output().contains("[rank 0] ready")
                        && run.output().contains("[rank 1] ready")));
    long stopNs = System.nanoTime();
    ProcessTable.signal(run.pid(), "INT");
    assertThat(run.awaitExit(Duration.ofSeconds(60))).isEqualTo(130);
    System.out.printf("grace 1 s: ended after %.1f s%n", (System.nanoTime() - stopNs) / 1e9);
    assertThat(run.processes()).isEmpty();
    assertThat(run.folder().shared()).doesNotExist();
  }

  @Test
  void givenACommandThatIsNotThere_whenRun_thenOneMessageAndNothingIsWritten() {
    var run = muster.run("--workers", "2", "--", "no-such-program", "-x");
    assertThat(run.awaitExit()).isEqualTo(2);
    assertThat(run.output())
        .isEqualTo("muster: no such program: name=no-such-program; looked on the PATH\n");
    assertThat(run.folder().root()).doesNotExist();
  }
}
