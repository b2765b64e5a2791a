package dev.muster.simulator.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.job.JobConfig;
import dev.muster.protocol.Generation;
import dev.muster.protocol.Group;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunState;
import dev.muster.simulator.account.Account;
import dev.muster.simulator.account.TimeClass;
import dev.muster.simulator.checkpoint.Saving;
import dev.muster.simulator.cluster.CheckpointModel;
import dev.muster.simulator.cluster.ClusterListener;
import dev.muster.simulator.cluster.ClusterListener.Trained;
import dev.muster.simulator.cluster.Costs;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every promise is broken once on purpose, and seen to be broken. */
class ChecksTest {
  private static final long SECOND = 1_000_000_000L;
  private static final int NODES = 4;

  private final List<String> violations = new ArrayList<>();
  private final Checks checks =
      new Checks(
          JobConfig.of(new RunId("r"), spec(), NODES, 15 * SECOND, SECOND / 2),
          Costs.DEFAULT,
          CheckpointModel.NONE,
          Saving.OFF,
          NODES,
          1,
          (nowNs, text) -> violations.add(text));
  private final ClusterListener world = checks.listener();

  private static JobSpec spec() {
    var worker = new JobSpec.WorkerSpec(true, List.of("x"), Map.of(), Map.of(), 1 << 20);
    var hang = new JobSpec.Hang(3, 2 * SECOND);
    return new JobSpec(
        "t",
        1,
        1000,
        4,
        2,
        0,
        true,
        3,
        99,
        600 * SECOND,
        SECOND,
        30 * SECOND,
        SECOND,
        hang,
        List.of(),
        worker);
  }

  private static ToAgent.Form form(long generation, int workers, long startStep) {
    var members =
        IntStream.range(0, workers)
            .mapToObj(rank -> new Member(new WorkerId(new NodeId("n" + rank), 1), rank))
            .toList();
    var group = new Group(new Generation(generation), members);
    return new ToAgent.Form(group, startStep, startStep > 0 ? 0 : -1, List.of());
  }

  @BeforeEach
  void fourHostsAndAMaster() {
    world.master(0, true);
    for (int node = 0; node < NODES; node++) {
      world.hostUp(0, node);
    }
  }

  /** Generation 1 trains ten steps of one second, from second 1 to 11, and is stopped. */
  private void trainTenSteps() {
    trains(1);
    world.stopped(11 * SECOND, 1, trained(10));
  }

  private void trains(long generation) {
    world.opened(SECOND, form(generation, 4, 0));
    for (int node = 0; node < NODES; node++) {
      world.entered(SECOND, node, 1, ClusterListener.SPARE, generation, false, true);
    }
    world.complete(SECOND, generation);
    world.trains(SECOND, generation, 0);
  }

  private static Trained trained(long steps) {
    return new Trained(0, steps, SECOND, steps * SECOND, steps * SECOND, 0);
  }

  private static Observation note(String topic, String text) {
    return new Observation(topic, text, Map.of());
  }

  private void caught(String name) {
    assertThat(violations).singleElement().asString().startsWith(name + ": ");
  }

  @Test
  void givenTheNamesInReports_whenCompared_thenTheyAreThoseOfTheInvariants() {
    assertThat(checks.all().stream().map(Invariant::name).toList())
        .isEqualTo(Checks.NAMES.subList(0, Checks.NAMES.size() - 1));
  }

  @Test
  void givenASoundHistory_whenChecked_thenNothingIsViolated() {
    trainTenSteps();
    world.noted(12 * SECOND, note("generation.revoked", ""));
    world.noted(13 * SECOND, note("generation.formed", ""));
    world.opened(13 * SECOND, form(2, 4, 10));
    for (int node = 0; node < NODES; node++) {
      world.revoked(12 * SECOND, node, 1);
      world.entered(13 * SECOND, node, 1, 1, 2, true, true);
    }
    world.complete(14 * SECOND, 2);
    world.trains(14 * SECOND, 2, 10);
    checks.end(900 * SECOND, account(900 * SECOND));
    assertThat(violations).isEmpty();
  }

  @Test
  void givenAGroupThatWentOn_whenAnotherTrains_thenItIsCaught() {
    trains(1);
    world.opened(2 * SECOND, form(2, 4, 0));
    world.trains(2 * SECOND, 2, 0);
    assertThat(violations).anyMatch(v -> v.startsWith("one-generation-trains: "));
  }

  @Test
  void givenAGenerationThatCameBack_whenOpened_thenItIsCaught() {
    world.opened(1, form(2, 4, 0));
    world.opened(2, form(2, 4, 0));
    caught("generations-grow");
  }

  @Test
  void givenTooFewRanks_whenTheirGroupOpens_thenItIsCaught() {
    world.opened(1, form(1, 1, 0));
    caught("quorum-kept");
  }

  @Test
  void givenALivingHolder_whenAGroupBeginsBelowItsStep_thenItIsCaught() {
    trainTenSteps();
    for (int node = 0; node < 3; node++) {
      world.ended(11 * SECOND, node, 1, true);
    }
    world.opened(12 * SECOND, form(2, 4, 9));
    caught("committed-steps-kept");
  }

  @Test
  void givenNoHolderLeft_whenAGroupBeginsAtZero_thenThatIsAllowed() {
    trainTenSteps();
    for (int node = 0; node < NODES; node++) {
      world.ended(11 * SECOND, node, 1, true);
    }
    world.opened(12 * SECOND, form(2, 4, 0));
    assertThat(violations).isEmpty();
  }

  @Test
  void givenARankWithoutTheState_whenItNeedNotTakeIt_thenItIsCaught() {
    trainTenSteps();
    world.opened(12 * SECOND, form(2, 4, 10));
    world.entered(13 * SECOND, 1, 1, 1, 2, true, true);
    world.entered(13 * SECOND, 2, 1, ClusterListener.SPARE, 2, false, false);
    assertThat(violations).isEmpty();
    world.entered(13 * SECOND, 3, 1, ClusterListener.SPARE, 2, false, true);
    caught("state-is-passed");
  }

  @Test
  void givenARankThatTrains_whenItEntersAnotherGroup_thenItIsCaught() {
    trains(1);
    world.entered(2 * SECOND, 3, 1, 1, 2, true, true);
    caught("one-group-per-rank");
  }

  @Test
  void givenARevokedGeneration_whenAnAgentObeysItsOrder_thenItIsCaught() {
    world.revoked(1, 2, 7);
    world.entered(2, 2, 1, ClusterListener.SPARE, 7, false, true);
    caught("old-orders-refused");
  }

  @Test
  void givenNothingDisturbs_whenNobodyNoticesAStoppedGroup_thenTheWaitIsCaught() {
    trainTenSteps();
    world.revoked(200 * SECOND, 0, 1);
    caught("bounded-waits");
  }

  @Test
  void givenAFaultGoesOn_whenARecoveryWaits_thenThatIsAllowed() {
    trainTenSteps();
    checks.disturbed(199 * SECOND);
    world.revoked(200 * SECOND, 0, 1);
    assertThat(violations).isEmpty();
  }

  @Test
  void givenTooFewHosts_whenTheJobWaits_thenThatIsAllowed() {
    trainTenSteps();
    for (int node = 0; node < 3; node++) {
      world.ended(12 * SECOND, node, 1, true);
      world.hostDown(12 * SECOND, node);
    }
    checks.end(900 * SECOND, account(900 * SECOND));
    assertThat(violations).isEmpty();
  }

  @Test
  void givenAHealthyCore_whenTheDrillEndsWithoutTraining_thenItIsCaught() {
    trainTenSteps();
    for (long s = 12; s < 900; s += 20) { // ever new phases, none of them long: a livelock
      world.noted(s * SECOND, note("generation.formed", ""));
      world.noted((s + 10) * SECOND, note("job.detail", "waiting for workers"));
    }
    checks.end(900 * SECOND, account(900 * SECOND));
    caught("trains-in-the-end");
  }

  @Test
  void givenAHealthyCore_whenTheJobGivesUp_thenItIsCaught() {
    trainTenSteps();
    world.finished(
        12 * SECOND,
        new Result(RunState.FAILED, 1, "budget spent", 10, 1, 0, "", null, null, null, List.of()));
    caught("trains-in-the-end");
  }

  @Test
  void givenAWorkerThatWasCalledHung_whenItIsThereInTheEnd_thenItIsCaught() {
    trains(1);
    var seen = new WorkerId(new NodeId("n1"), 1);
    var unseen = new WorkerId(new NodeId("n2"), 1);
    world.hangs(2 * SECOND, seen, true);
    world.hangs(2 * SECOND, unseen, true);
    world.noted(5 * SECOND, hung(seen));
    world.noted(5 * SECOND, hung(new WorkerId(new NodeId("n3"), 1))); // it has just ended
    checks.end(900 * SECOND, account(900 * SECOND));
    caught("hung-are-ended");
  }

  @Test
  void givenAWorkerThatWasCalledHung_whenItIsKilled_thenThatIsAllowed() {
    trains(1);
    var worker = new WorkerId(new NodeId("n1"), 1);
    world.hangs(2 * SECOND, worker, true);
    world.noted(5 * SECOND, hung(worker));
    world.hangs(6 * SECOND, worker, false);
    checks.end(900 * SECOND, account(900 * SECOND));
    assertThat(violations).isEmpty();
  }

  private static Observation hung(WorkerId worker) {
    return new Observation("worker.hung", "", Map.of("worker", worker.toString()));
  }

  @Test
  void givenOneEndedProcess_whenTwoAreStarted_thenItIsCaught() {
    for (int node = 0; node < NODES; node++) {
      world.launched(SECOND, node);
    }
    world.ended(2 * SECOND, 0, 1, true);
    world.launched(3 * SECOND, 0);
    assertThat(violations).isEmpty();
    world.launched(3 * SECOND, 1);
    caught("launches-needed");
  }

  @Test
  void givenNoLease_whenAnOrderIsObeyed_thenItIsCaught() {
    world.unleased(SECOND, 2, "Launch");
    caught("lease-obeyed");
  }

  @Test
  void givenAMissingNanosecond_whenTheDrillEnds_thenItIsCaught() {
    trains(1);
    var short1 = new Account(4, 100, Map.of(TimeClass.PRODUCTIVE, BigInteger.valueOf(399)));
    checks.end(2 * SECOND, short1);
    caught("time-conserved");
  }

  private static Account account(long elapsedNs) {
    var all = BigInteger.valueOf(4).multiply(BigInteger.valueOf(elapsedNs));
    return new Account(4, elapsedNs, Map.of(TimeClass.PRODUCTIVE, all));
  }
}
