package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunState;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A person stops a run, looks at it, and finds nothing left of it. */
@Timeout(180)
class StopTest {
  @RegisterExtension final MusterRuns muster = new MusterRuns();

  private MusterProcess training() {
    var run = muster.run(SmallModel.flags(2, 1_000_000, "--spares", "1"));
    run.awaitProgress("a spare and some steps", p -> p.step() >= 10 && p.spares() == 1);
    return run;
  }

  private static void assertStopped(MusterProcess run, int exitCode) {
    assertThat(run.awaitExit()).isEqualTo(exitCode);
    var result = run.awaitResult();
    assertThat(result.state()).isEqualTo(RunState.CANCELLED);
    assertThat(result.steps()).isGreaterThanOrEqualTo(10);
    assertThat(result.samples())
        .returns(true, Result.Samples::exactlyOnce)
        .returns(result.steps(), Result.Samples::committedSteps);
    assertThat(run.output())
        .contains(
            "cancelled: ", "(exit code " + exitCode + ")", "committed steps     " + result.steps());
    assertNothingLeft(run);
  }

  private static void assertNothingLeft(MusterProcess run) {
    assertThat(run.processes()).isEmpty();
    assertThat(run.folder().shared()).doesNotExist();
  }

  @Test
  void givenATrainingRun_whenCtrlC_thenItStopsAtAStepWithASummaryAnd130() {
    var run = training();
    ProcessTable.signal(run.pid(), "INT");
    assertStopped(run, 130);
    assertThat(run.output()).contains("stopping at the next step");
  }

  @Test
  void givenATrainingRun_whenCtrlCTwice_thenAllIsKilledAtOnce() {
    var run = training();
    ProcessTable.signal(run.masterPid(), "STOP"); // it does not obey the first one
    ProcessTable.signal(run.pid(), "INT");
    run.await(
        "the first is heard",
        () -> Optional.of(1).filter(s -> run.output().contains("again to kill")));
    ProcessTable.signal(run.pid(), "INT");
    assertThat(run.awaitExit()).isEqualTo(130);
    assertNothingLeft(run);
  }

  @Test
  void givenACommandThatIsKilled_whenItsMasterNotices_thenTheRunStopsByItself() {
    var run = training();
    ProcessTable.kill(run.pid());
    assertThat(Await.that(Await.LONG, () -> run.processes().isEmpty())).isTrue();
    assertThat(run.awaitResult().reason()).contains("the command that started the run has ended");
    assertThat(run.folder().shared()).doesNotExist();
  }

  @Test
  void givenATrainingRun_whenOthersLookAtItAndStopIt_thenTheySeeItAndItEnds() throws Exception {
    var run = training();
    var table = command(run, "status", run.folder().root().toString());
    assertThat(table)
        .contains("run " + run.folder().run() + "  RUNNING", "workers 2/2 (at least 2)  spares 1");
    assertThat(table)
        .containsPattern("n0 +UN +3/3 +0,1")
        .containsPattern("(?m)^ +1  n0/[0-2] +n0 +" + run.rankPid(1) + " ");
    JsonNode json =
        new ObjectMapper()
            .readTree(command(run, "status", "--json", run.folder().root().toString()));
    assertThat(json.at("/job/ranks").size()).isEqualTo(2);
    assertThat(json.at("/job/step").asLong()).isGreaterThanOrEqualTo(10);
    assertThat(command(run, "logs", "--rank", "1", run.folder().root().toString()))
        .contains("WARNING: Using incubator modules");
    assertThat(command(run, "check")).contains("jdk", "/dev/shm", "ready");

    assertThat(command(run, "stop", run.folder().root().toString()))
        .contains("stopped: run=" + run.folder().run());
    assertStopped(run, 130);
    assertThat(command(run, "status", run.folder().root().toString()))
        .contains("has ended", "cancelled: ");
    assertThat(command(run, "stop", run.folder().root().toString())).contains("nothing to stop");
  }

  @Test
  void givenATrainingRun_whenTerminated_thenItStopsAtAStepAnd143() {
    var run = training();
    ProcessTable.signal(run.pid(), "TERM");
    assertStopped(run, 143);
  }

  private String command(MusterProcess run, String... arguments) {
    var command = muster.command(run.folder(), arguments);
    assertThat(command.awaitExit()).as(command.output()).isZero();
    return command.output();
  }
}
