package dev.muster.worker.agent;

import static dev.muster.worker.agent.AgentFixture.BEAT_NS;
import static dev.muster.worker.agent.AgentFixture.LEASE_NS;
import static dev.muster.worker.agent.AgentFixture.MS;
import static dev.muster.worker.agent.AgentFixture.worker;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.local.ControlPage.Phase;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Registration, beats, lease, reconnect. */
class AgentLinkTest {
  private final AgentFixture a = new AgentFixture();

  @Test
  void givenRunningGroup_whenLinkComesBack_thenRegistersWithWhatWorkersHold() {
    a.welcomed().ready(2).running(2);
    a.page(0, 1, 5, Phase.COMPUTING, 9).page(1, 1, 4, Phase.WAITING, 9);
    a.on(new AgentEvent.LinkDown("reset")).clear().on(new AgentEvent.LinkUp());
    assertThat(a.sent(ToMaster.Register.class))
        .singleElement()
        .satisfies(r -> {
          assertThat(r.seen()).isEqualTo(new Generation(1));
          assertThat(r.workers())
              .containsExactly(
                  new ToMaster.WorkerReport(worker(0), 1000, true, new Generation(1), 5),
                  new ToMaster.WorkerReport(worker(1), 1001, true, new Generation(1), 4));
        });
  }

  /** Found by a drill: the second report made the master take what it had launched for lost. */
  @Test
  void givenALinkThatCameBackTwiceDuringAPause_whenBothLooksAreAnswered_thenItRegistersOnce() {
    a.on(new AgentEvent.LinkUp());
    a.on(new AgentEvent.Looked(Reading.Purpose.REGISTER, List.of(), List.of()));
    assertThat(a.sent(ToMaster.Register.class)).hasSize(1);
    a.on(new AgentEvent.LinkDown("reset")).on(new AgentEvent.LinkUp());
    assertThat(a.sent(ToMaster.Register.class)).hasSize(2);
  }

  @Test
  void givenWelcome_whenBeatIsDue_thenSendsOneDigestOfTheGroup() {
    a.welcomed().ready(2).running(2);
    a.page(0, 1, 5, Phase.COMPUTING, 9).page(1, 1, 4, Phase.WAITING, 9).clear();
    a.advanceMs(BEAT_NS / MS);
    assertThat(a.sent(ToMaster.Beat.class))
        .singleElement()
        .satisfies(b -> {
          var digest = b.nodes().getFirst();
          assertThat(List.of(digest.minStep(), digest.maxStep())).containsExactly(4L, 5L);
          assertThat(digest.loss()).isEqualTo(2.5);
        });
  }

  /**
   * Found by killing hosts: steps that were given up were told as the new group's own. The master
   * then took the next failure to have lost them once more, and named steps far ahead for copies
   * and checkpoints, of which there were none for minutes.
   */
  @Test
  void givenMembersThatStillHoldTheStepOfTheirFormerGroup_whenBeatIsDue_thenItIsNotToldAsTheNew() {
    a.welcomed().ready(2).running(2);
    a.page(0, 1, 157, Phase.JOINING, 9).page(1, 1, 157, Phase.RESTORING, 9).clear();
    a.advanceMs(BEAT_NS / MS);
    var digest = a.sent(ToMaster.Beat.class).getFirst().nodes().getFirst();
    assertThat(List.of(digest.minStep(), digest.maxStep())).containsExactly(-1L, -1L);
  }

  @Test
  void givenAcknowledgedBeat_whenLeaseIsRenewed_thenItCountsFromWhenTheBeatWasSent() {
    a.welcomed();
    long sentAt = a.fx.nowNs(); // the first beat goes out with the welcome
    a.advanceMs(300);
    a.clear().order(new ToAgent.Lease(1, Generation.NONE));
    assertThat(a.fx.performed(AgentAction.RenewLease.class))
        .isEmpty(); // it was sent when the welcome's lease began
    a.advanceMs(200);
    long secondAt = a.fx.nowNs();
    a.advanceMs(400);
    a.order(new ToAgent.Lease(2, Generation.NONE));
    assertThat(a.fx.performed(AgentAction.RenewLease.class))
        .containsExactly(new AgentAction.RenewLease(secondAt + LEASE_NS));
    assertThat(secondAt - sentAt).isEqualTo(BEAT_NS);
  }

  @Test
  void givenNoRenewal_whenLeaseEnds_thenKillsAllAndNotBefore() {
    a.welcomed().ready(2).running(2);
    a.on(new AgentEvent.LinkDown("reset")).clear();
    a.advanceMs(LEASE_NS / MS - 10);
    assertThat(a.fx.performed(AgentAction.Signal.class)).isEmpty();
    a.advanceMs(10);
    assertThat(a.fx.performed(AgentAction.Signal.class))
        .containsExactly(
            new AgentAction.Signal(worker(0), AgentAction.Signal.Kind.KILL),
            new AgentAction.Signal(worker(1), AgentAction.Signal.Kind.KILL));
    assertThat(a.fx.performed(AgentAction.RevokeGroup.class)).hasSize(1);
  }

  /** It lay in the socket while this process was stopped. */
  @Test
  void givenLeaseRanOut_whenAnOrderToRunRanksIsRead_thenItIsRefusedAndOneToEndThemIsNot() {
    a.welcomed().ready(2).clear();
    a.advanceMs(LEASE_NS / MS);
    a.clear().order(new ToAgent.Launch(worker(5), null)).form(1, 0, -1, List.of(), 0, 1);
    assertThat(a.sent(ToMaster.Refused.class))
        .hasSize(2)
        .allSatisfy(r -> assertThat(r.what()).contains("after the lease ran out"));
    assertThat(a.fx.performed(AgentAction.LaunchProcess.class)).isEmpty();
    assertThat(a.fx.performed(AgentAction.OpenGroup.class)).isEmpty();
    a.order(new ToAgent.Kill(worker(0), 0, "gone"));
    assertThat(a.fx.performed(AgentAction.Signal.class)).isNotEmpty();
  }

  @Test
  void givenTheMasterRefusesTheFirstLink_whenToldSo_thenExitsWithTheReason() {
    a.on(new AgentEvent.Started()).on(new AgentEvent.LinkRefused("it serves another run"));
    assertThat(a.fx.performed(AgentAction.Exit.class))
        .containsExactly(new AgentAction.Exit(1, "no link to the master: it serves another run"));
  }

  @Test
  void givenNoMaster_whenReconnectTimeIsOver_thenExitsWithRequeue() {
    a.on(new AgentEvent.Started());
    a.advanceMs(AgentFixture.RECONNECT_NS / MS - 10);
    assertThat(a.fx.performed(AgentAction.Exit.class)).isEmpty();
    a.advanceMs(10);
    assertThat(a.fx.performed(AgentAction.Exit.class))
        .singleElement()
        .satisfies(e -> assertThat(e.code()).isEqualTo(75));
  }

  @Test
  void givenLinkIsDown_whenAWorkerEndsAndAnotherFinishes_thenBothAreToldToTheNextMaster() {
    a.welcomed().ready(2).running(2);
    a.on(new AgentEvent.LinkDown("reset")).clear();
    a.on(new AgentEvent.WorkerEnded(worker(0), Exit.signal(9), a.fx.nowNs(), 3));
    a.on(new AgentEvent.Said(worker(1), new FromWorker.Finished(1, 100, 1.5, "ab", List.of())));
    assertThat(a.fx.sent).isEmpty();
    a.welcomed(2);
    assertThat(a.sent(ToMaster.WorkerExited.class))
        .singleElement()
        .satisfies(e -> assertThat(e.worker()).isEqualTo(worker(0)));
    assertThat(a.sent(ToMaster.WorkerFinished.class)).isNotEmpty();
  }

  @Test
  void givenAMasterWasObeyed_whenAnOlderOneWelcomes_thenItIsRefusedAndItsOrdersToo() {
    a.welcomed(5).ready(1);
    a.on(new AgentEvent.LinkDown("reset")).clear().welcomed(4);
    a.order(new ToAgent.Kill(worker(0), 0, "late"));
    assertThat(a.sent(ToMaster.Refused.class)).hasSize(2);
    assertThat(a.fx.performed(AgentAction.Signal.class)).isEmpty();
  }

  @Test
  void givenRevokedGroup_whenANewMasterWelcomes_thenSurvivorsAreToldAgain() {
    a.welcomed().ready(2).running(2);
    a.on(new AgentEvent.LinkDown("reset"));
    a.on(new AgentEvent.WorkerEnded(worker(0), Exit.signal(9), a.fx.nowNs(), 3));
    a.on(new AgentEvent.GroupRevoked(1, 3)).clear();
    a.welcomed(2);
    assertThat(a.lastRevoked())
        .hasValueSatisfying(
            r -> assertThat(r.survivors()).containsExactly(new ToMaster.Survivor(worker(1), 3)));
  }

  @Test
  void givenOperatorsSignal_whenTheMasterAnswers_thenWorkersStopAndTheAgentExits() {
    a.welcomed().ready(1).clear();
    a.on(new AgentEvent.StopRequested("SIGTERM"));
    assertThat(a.sent(ToMaster.Leaving.class)).hasSize(1);
    a.order(new ToAgent.Shutdown(1_000 * MS, "cancelled"));
    assertThat(a.fx.performed(AgentAction.Tell.class)).hasSize(1);
    a.advanceMs(500);
    assertThat(a.fx.performed(AgentAction.Signal.class))
        .containsExactly(new AgentAction.Signal(worker(0), AgentAction.Signal.Kind.TERM));
    a.advanceMs(500);
    assertThat(a.fx.performed(AgentAction.Signal.class))
        .contains(new AgentAction.Signal(worker(0), AgentAction.Signal.Kind.KILL));
    assertThat(a.fx.performed(AgentAction.Exit.class)).isEmpty();
    a.on(new AgentEvent.WorkerEnded(worker(0), Exit.signal(9), a.fx.nowNs(), 0));
    assertThat(a.fx.performed(AgentAction.Exit.class))
        .containsExactly(new AgentAction.Exit(0, "cancelled"));
  }

  /** Which may save what the node holds for as long as the grace, and take its time to answer. */
  @Test
  void givenOperatorsSignal_whenTheMasterDoesNotAnswer_thenTheAgentStopsAfterItsTimeAndTheGrace() {
    a.welcomed().ready(1).clear();
    a.on(new AgentEvent.StopRequested("SIGTERM"));
    long waitMs = (Agent.LEAVE_NS + a.job().graceNs()) / MS;
    a.advanceMs(waitMs - 10);
    assertThat(a.fx.performed(AgentAction.Tell.class)).isEmpty();
    a.advanceMs(10);
    assertThat(a.fx.performed(AgentAction.Tell.class)).hasSize(1);
  }

  /** A trainer that returned early is the user's error; one that goes with its agent is not. */
  @Test
  void givenTheAgentLeavesWithoutAMaster_whenItsWorkersExitInOrder_thenTheyAreReportedAsFenced() {
    a.welcomed().ready(2).running(2);
    a.on(new AgentEvent.LinkDown("reset")).on(new AgentEvent.StopRequested("maintenance"));
    a.on(new AgentEvent.WorkerEnded(worker(0), Exit.code(0), a.fx.nowNs(), 3));
    a.clear().welcomed(2);
    assertThat(a.sent(ToMaster.WorkerExited.class))
        .singleElement()
        .satisfies(e -> assertThat(e.exit()).isEqualTo(Exit.FENCED));
  }

  @Test
  void givenTheAgentStays_whenAWorkerExitsInOrder_thenThatIsWhatIsReported() {
    a.welcomed().ready(1).running(1);
    a.on(new AgentEvent.WorkerEnded(worker(0), Exit.code(0), a.fx.nowNs(), 3));
    assertThat(a.sent(ToMaster.WorkerExited.class))
        .singleElement()
        .satisfies(e -> assertThat(e.exit()).isEqualTo(Exit.code(0)));
  }

  /** The report went down with the link; without another one the group would hang for ever. */
  @Test
  void givenHungWorkerWasReported_whenAMasterWelcomesAgain_thenItIsReportedAgain() {
    a.welcomed().ready(2).running(2);
    a.arrivals = List.of(9L, 8L);
    a.page(0, 1, 5, Phase.WAITING, 9).page(1, 1, 5, Phase.COMPUTING, 9).advanceMs(11_000);
    assertThat(a.sent(ToMaster.WorkerHung.class)).hasSize(1);
    a.on(new AgentEvent.LinkDown("reset")).clear().welcomed().advanceMs(1_000);
    assertThat(a.sent(ToMaster.WorkerHung.class))
        .singleElement()
        .satisfies(h -> assertThat(h.worker()).isEqualTo(worker(1)));
  }

  /**
   * A launch that was refused has no end to be noticed: the master would keep its slot for ever.
   */
  @Test
  void givenKillOfAWorkerThatNeverRan_whenObeyed_thenItsEndIsTold() {
    a.welcomed().clear().order(new ToAgent.Kill(worker(3), 0, "not ready in time"));
    assertThat(a.sent(ToMaster.WorkerExited.class))
        .singleElement()
        .satisfies(e -> assertThat(e.worker()).isEqualTo(worker(3)));
  }
}
