package dev.muster.worker.agent;

import static dev.muster.worker.agent.AgentFixture.MS;
import static dev.muster.worker.agent.AgentFixture.worker;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.Call;
import dev.muster.collectives.DType;
import dev.muster.collectives.flight.RecordedCall;
import dev.muster.collectives.flight.Standing;
import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.job.JobSpec.Fault;
import dev.muster.protocol.local.ControlPage.Phase;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Milestone;
import dev.muster.protocol.message.ToMaster.Survivor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Form, revoke, survivors, faults, launches, hangs. */
class AgentGroupTest {
  private final AgentFixture a = new AgentFixture();

  private void ended(int number) {
    a.on(new AgentEvent.WorkerEnded(worker(number), Exit.signal(9), a.fx.nowNs(), 0));
  }

  @Test
  void givenAMember_whenItTakesARange_thenMasterAndWorkerHearOfIt_whileItsGroupLasts() {
    a.welcomed().ready(1).running(1);
    var take = new FromWorker.TakeRange(1, 4, 2, 100, 20);
    a.on(new AgentEvent.Said(worker(0), take));
    var one = new Generation(1);
    assertThat(a.sent(ToMaster.TakeRange.class))
        .containsExactly(new ToMaster.TakeRange(worker(0), one, 4, 2, 100, 20));
    var lend = new ToAgent.Lend(worker(0), one, 4, 2, 0, 60, 8, "");
    a.order(lend);
    assertThat(a.fx.performed(AgentAction.Tell.class))
        .contains(new AgentAction.Tell(worker(0), new ToWorker.Range(1, 4, 2, 0, 60, 8, "")));
    a.order(new ToAgent.Revoke(one, "test")).clear();
    a.on(new AgentEvent.Said(worker(0), take)).order(lend);
    assertThat(a.sent(ToMaster.TakeRange.class)).isEmpty();
    assertThat(a.fx.performed(AgentAction.Tell.class)).isEmpty();
  }

  @Test
  void givenReadyWorkers_whenFormed_thenEachIsToldItsRankAndMilestonesComeOnce() {
    a.welcomed().ready(2).clear().running(2);
    assertThat(a.fx.performed(AgentAction.Tell.class))
        .extracting(AgentAction.Tell::message)
        .containsExactly(
            new ToWorker.Form(1, 0, 2, 0, 0, -1, List.of(), null, 0, 10, 0, 1), // saves for both
            new ToWorker.Form(1, 1, 2, 1, 0, -1, List.of()));
    assertThat(a.sent(ToMaster.Reached.class))
        .extracting(ToMaster.Reached::milestone)
        .containsExactly(Milestone.JOINED, Milestone.RESTORED);
  }

  @Test
  void givenAJobOnGpus_whenFormed_thenEachMemberIsToldItsOwn() {
    a.gpus = JobSpec.Gpus.NCCL;
    a.welcomed().ready(2).clear().running(2);
    assertThat(a.fx.performed(AgentAction.Tell.class))
        .extracting(tell -> ((ToWorker.Form) tell.message()).device())
        .containsExactly(0, 1);
  }

  @Test
  void givenMemberDies_whenNoticed_thenGroupIsRevokedAtOnceAndSurvivorsFollowTheReport() {
    a.welcomed().ready(3).running(3).clear();
    ended(1);
    assertThat(a.fx.performed(AgentAction.RevokeGroup.class)).hasSize(1);
    assertThat(a.fx.performed(AgentAction.Tell.class))
        .extracting(AgentAction.Tell::worker)
        .containsExactly(worker(0), worker(2));
    a.on(new AgentEvent.GroupRevoked(1, 41));
    assertThat(a.fx.sent)
        .hasExactlyElementsOfTypes(ToMaster.WorkerExited.class, ToMaster.Revoked.class);
    assertThat(a.lastRevoked().orElseThrow().survivors())
        .containsExactly(new Survivor(worker(0), 41), new Survivor(worker(2), 41));
  }

  @Test
  void givenAMemberLeavesWhatGoesOnHere_whenHeard_thenTheGroupEndsAndTheMasterIsTold() {
    a.welcomed().ready(2).running(2).clear();
    a.on(new AgentEvent.Said(worker(1), new FromWorker.Left(1, 41)));
    assertThat(a.fx.performed(AgentAction.RevokeGroup.class)).hasSize(1);
    a.on(new AgentEvent.Said(worker(0), new FromWorker.Left(1, 41)));
    a.on(new AgentEvent.GroupRevoked(1, 41));
    assertThat(a.lastRevoked().orElseThrow().survivors())
        .containsExactly(new Survivor(worker(0), 41), new Survivor(worker(1), 41));
    assertThat(a.lastRevoked().orElseThrow().inDoubt()).isFalse();
  }

  @Test
  void givenAStepInDoubt_whenTheMasterAsks_thenItIsToldSoOfThatGroupOnly() {
    a.welcomed().ready(2).running(2).clear();
    a.order(new ToAgent.Revoke(new Generation(1), "x"));
    a.on(new AgentEvent.GroupRevoked(1, 41, List.of(), true));
    assertThat(a.lastRevoked().orElseThrow().inDoubt()).isTrue();
    assertThat(a.lastRevoked().orElseThrow().survivors()).contains(new Survivor(worker(0), 41));
    a.order(new ToAgent.Revoke(new Generation(2), "x"));
    assertThat(a.lastRevoked().orElseThrow().inDoubt()).isFalse();
  }

  @Test
  void givenSocketClosesBeforeTheExitNotice_whenRevoked_thenAnswerWaitsForTheReport() {
    a.welcomed().ready(2).running(2).clear();
    a.on(new AgentEvent.Disconnected(worker(1), "end of file"));
    assertThat(a.fx.performed(AgentAction.RevokeGroup.class)).hasSize(1);
    a.on(new AgentEvent.GroupRevoked(1, 7));
    assertThat(a.fx.sent).isEmpty();
    ended(1);
    assertThat(a.fx.sent)
        .hasExactlyElementsOfTypes(ToMaster.WorkerExited.class, ToMaster.Revoked.class);
  }

  @Test
  void givenSocketClosed_whenTheProcessLivesOn_thenItIsKilled() {
    a.welcomed().ready(2).running(2).clear();
    a.on(new AgentEvent.Disconnected(worker(1), "end of file"));
    a.advanceMs(Crew.LINGER_NS / MS - 10);
    assertThat(a.fx.performed(AgentAction.Signal.class)).isEmpty();
    a.advanceMs(10);
    assertThat(a.fx.performed(AgentAction.Signal.class))
        .containsExactly(new AgentAction.Signal(worker(1), AgentAction.Signal.Kind.KILL));
  }

  @Test
  void givenMasterRevokesToo_whenAnswered_thenEachOrderGetsAnAnswer() {
    a.welcomed().ready(2).running(2).clear();
    ended(1);
    a.order(new ToAgent.Revoke(new Generation(1), "lost"));
    assertThat(a.lastRevoked()).isEmpty();
    a.on(new AgentEvent.GroupRevoked(1, 7));
    assertThat(a.sent(ToMaster.Revoked.class)).hasSize(1);
    a.order(new ToAgent.Revoke(new Generation(1), "lost"));
    assertThat(a.sent(ToMaster.Revoked.class)).hasSize(2);
    assertThat(a.fx.performed(AgentAction.RevokeGroup.class)).hasSize(1);
  }

  @Test
  void givenNewcomerHasNotRestored_whenRevoked_thenItHoldsNothing() {
    a.welcomed().ready(3).form(4, 10, 0, List.of(2), 0, 1, 2).clear();
    a.order(new ToAgent.Revoke(new Generation(4), "again")).on(new AgentEvent.GroupRevoked(4, 10));
    assertThat(a.lastRevoked().orElseThrow().survivors())
        .containsExactly(
            new Survivor(worker(0), 10), new Survivor(worker(1), 10), new Survivor(worker(2), -1));
  }

  @Test
  void givenNewcomerRestoredOrAStepWasCommitted_whenRevoked_thenItHoldsTheCommittedStep() {
    a.welcomed().ready(2).form(4, 10, 0, List.of(1), 0, 1);
    a.on(new AgentEvent.Said(worker(1), new FromWorker.Restored(4, 10)));
    a.order(new ToAgent.Revoke(new Generation(4), "again")).on(new AgentEvent.GroupRevoked(4, 10));
    assertThat(a.lastRevoked().orElseThrow().survivors()).contains(new Survivor(worker(1), 10));

    a.form(5, 10, 0, List.of(1), 0, 1);
    a.order(new ToAgent.Revoke(new Generation(5), "again")).on(new AgentEvent.GroupRevoked(5, 12));
    assertThat(a.lastRevoked().orElseThrow().survivors()).contains(new Survivor(worker(1), 12));
  }

  @Test
  void givenFormNeverArrived_whenItsGenerationIsRevoked_thenSurvivorsOfTheFormerOneAreReported() {
    a.welcomed().ready(2).running(2);
    a.order(new ToAgent.Revoke(new Generation(1), "x"))
        .on(new AgentEvent.GroupRevoked(1, 6))
        .clear();
    a.order(new ToAgent.Revoke(new Generation(2), "y"));
    assertThat(a.lastRevoked().orElseThrow())
        .isEqualTo(
            new ToMaster.Revoked(
                AgentFixture.NODE,
                new Generation(2),
                List.of(new Survivor(worker(0), 6), new Survivor(worker(1), 6))));
  }

  @Test
  void givenNewerGenerationSeen_whenOlderFormArrives_thenRefused() {
    a.welcomed().ready(2).order(new ToAgent.Revoke(new Generation(3), "x")).clear();
    a.form(3, 0, -1, List.of(), 0, 1).form(2, 0, -1, List.of(), 0, 1);
    assertThat(a.sent(ToMaster.Refused.class)).hasSize(2);
    assertThat(a.fx.performed(AgentAction.Tell.class)).isEmpty();
  }

  @Test
  void givenMemberDiedWhileTheOrderWasUnderWay_whenFormed_thenRevokedAtOnce() {
    a.welcomed().ready(2);
    ended(1);
    a.clear().form(1, 0, -1, List.of(), 0, 1);
    assertThat(a.fx.performed(AgentAction.RevokeGroup.class)).hasSize(1);
    a.on(new AgentEvent.GroupRevoked(1, 0));
    assertThat(a.lastRevoked().orElseThrow().survivors())
        .containsExactly(new Survivor(worker(0), 0));
  }

  @Test
  void givenFinishedMembers_whenTheyExit_thenNobodyIsRevoked() {
    a.welcomed().ready(2).running(2).clear();
    a.on(new AgentEvent.Said(worker(0), new FromWorker.Finished(1, 100, null, "ab", List.of("x"))));
    a.on(new AgentEvent.Disconnected(worker(0), "end of file"));
    a.on(new AgentEvent.WorkerEnded(worker(0), Exit.code(0), a.fx.nowNs(), 100));
    assertThat(a.fx.performed(AgentAction.RevokeGroup.class)).isEmpty();
    assertThat(a.sent(ToMaster.WorkerFinished.class))
        .singleElement()
        .satisfies(f -> assertThat(f.loss()).isNaN());
  }

  @Test
  void givenTrainerFailed_whenItExits_thenTheErrorIsInTheReport() {
    a.welcomed().ready(2).running(2).clear();
    a.on(new AgentEvent.Said(worker(0), new FromWorker.Failed(1, 5, "IllegalState: boom")));
    assertThat(a.fx.performed(AgentAction.RevokeGroup.class)).hasSize(1);
    a.on(new AgentEvent.WorkerEnded(worker(0), Exit.code(1), a.fx.nowNs(), 4));
    assertThat(a.sent(ToMaster.WorkerExited.class))
        .singleElement()
        .satisfies(e -> assertThat(e.error()).isEqualTo("IllegalState: boom"));
  }

  @Test
  void givenFault_whenItFires_thenDetectionIsMeasuredAndItNeverFiresAgain() {
    a.faults = List.of(new Fault(1, 50));
    a.welcomed().ready(3).running(2);
    assertThat(a.fx.performed(AgentAction.ArmFaults.class).getLast().traps())
        .containsExactly(new AgentAction.Trap(worker(1), 1, 1, 50));
    a.on(new AgentEvent.FaultFired(worker(1), 1, 50, a.fx.nowNs()));
    a.advanceMs(10);
    ended(1);
    assertThat(a.sent(ToMaster.WorkerExited.class))
        .singleElement()
        .satisfies(e -> assertThat(e.detectNs()).isEqualTo(10 * MS));
    a.on(new AgentEvent.GroupRevoked(1, 49)).clear().form(2, 49, 0, List.of(1), 0, 2);
    assertThat(a.fx.performed(AgentAction.ArmFaults.class).getLast().traps()).isEmpty();
  }

  @Test
  void givenFaultFiredOnAnotherNode_whenItsStepIsRedoneByANewcomerHere_thenItIsNotArmed() {
    a.faults = List.of(new Fault(1, 50), new Fault(0, 50));
    a.welcomed().ready(2).form(2, 49, 0, List.of(1), 0, 1);
    assertThat(a.fx.performed(AgentAction.ArmFaults.class).getLast().traps())
        .containsExactly(
            new AgentAction.Trap(worker(0), 2, 0, 50)); // the survivor's own fault is still to come
  }

  @Test
  void givenNoFreeSlotOrUsedNumber_whenLaunched_thenReportedAndNothingStarts() {
    a.welcomed().ready(8).clear();
    a.order(new ToAgent.Launch(worker(8), null));
    assertThat(a.sent(ToMaster.Refused.class))
        .singleElement()
        .satisfies(r -> assertThat(r.what()).contains("no free slot: slots=8"));
    a.order(new ToAgent.Launch(worker(3), null)); // runs: an order sent again
    ended(3);
    a.order(new ToAgent.Launch(worker(3), null));
    assertThat(a.sent(ToMaster.Refused.class)).hasSize(2);
    assertThat(a.fx.performed(AgentAction.LaunchProcess.class)).isEmpty();
  }

  @Test
  void
      givenPlainCommands_whenOneDies_thenItIsReportedWithItsGenerationAndOlderLaunchesAreRefused() {
    a.managed = false;
    a.welcomed();
    a.order(
        new ToAgent.Launch(
            worker(0), new ToAgent.Place(new Generation(3), 0, 1, 0, 1, 0, 1, 2, "")));
    ended(0);
    assertThat(a.sent(ToMaster.WorkerExited.class))
        .singleElement()
        .satisfies(e -> assertThat(e.generation()).isEqualTo(new Generation(3)));
    a.order(
        new ToAgent.Launch(
            worker(1), new ToAgent.Place(new Generation(2), 0, 1, 0, 1, 0, 1, 1, "")));
    assertThat(a.sent(ToMaster.Refused.class)).hasSize(1);
  }

  @Test
  void givenOneMemberStandsStill_whenTheBoundPasses_thenOnlyItIsReportedAndOnce() {
    a.welcomed().ready(3).running(3).clear();
    a.arrivals = List.of(8L, 7L, 8L);
    a.page(0, 1, 7, Phase.WAITING, 70)
        .page(1, 1, 7, Phase.COMPUTING, 69)
        .page(2, 1, 7, Phase.WAITING, 70);
    a.advanceMs(30_000);
    assertThat(a.sent(ToMaster.WorkerHung.class))
        .singleElement()
        .satisfies(h -> {
          assertThat(h.worker()).isEqualTo(worker(1));
          assertThat(h.evidence()).contains("COMPUTING");
        });
  }

  @Test
  void givenFlightRecorders_whenAMemberHangs_thenTheReportSaysWhatItDidNotArriveAt() {
    a.welcomed().ready(2).running(2).clear();
    a.arrivals = List.of(8L, 7L);
    a.standings = List.of(standing(0, 118, 0), standing(1, 117, 2));
    a.page(0, 1, 7, Phase.WAITING, 70).page(1, 1, 7, Phase.COMPUTING, 69);
    a.advanceMs(30_000);
    assertThat(a.sent(ToMaster.WorkerHung.class))
        .singleElement()
        .satisfies(h -> {
          assertThat(h.worker()).isEqualTo(worker(1));
          assertThat(h.evidence()).contains("rank 1 did not arrive at barrier #118 of dp; rank 0");
        });
  }

  @Test
  void givenARevokedGroup_whenItsRecordersAreRead_thenTheAgentNotesWhoDidNotArrive() {
    a.welcomed().ready(2).running(2).clear();
    a.on(
        new AgentEvent.FlightRecorded(
            1, "test", List.of(standing(0, 118, -4), standing(1, 117, 2))));
    assertThat(a.fx.noted)
        .anySatisfy(n -> assertThat(n.text()).contains("rank 1 did not arrive at barrier #118"));
    assertThat(a.sent(ToMaster.GroupDiagnosed.class)).as("a death explains it").isEmpty();
  }

  @Test
  void givenRanksThatCalledDifferentThings_whenTheirGroupIsRevoked_thenTheMasterHearsOfBothSides() {
    a.welcomed().ready(2).running(2).clear();
    var broadcast = new Call(Call.Kind.BROADCAST, DType.FLOAT32, null, 10, 1);
    var call = new RecordedCall(118, 118, broadcast, -1, 1, -4);
    var other = new Standing(1, true, call, call, List.of());
    a.on(
        new AgentEvent.FlightRecorded(
            1, "collectives differ", List.of(standing(0, 118, -4), other)));
    assertThat(a.sent(ToMaster.GroupDiagnosed.class))
        .singleElement()
        .satisfies(d -> {
          assertThat(d.generation()).isEqualTo(new Generation(1));
          assertThat(d.evidence())
              .startsWith(
                  "call #118 of dp differs: rank 0 called barrier; rank 1 called broadcast");
        });
  }

  @Test
  void givenARankThatAborts_whenItsPeersHaveLeft_thenTheMasterHearsWhatItSaid() {
    a.welcomed().ready(2).running(2).clear();
    a.on(new AgentEvent.Said(worker(1), new FromWorker.Left(1, 41)));
    var standings = List.of(standing(0, 118, -4), standing(1, 117, 2));
    a.on(new AgentEvent.FlightRecorded(1, "rank 1 has no more data", standings));
    assertThat(a.sent(ToMaster.GroupDiagnosed.class))
        .extracting(ToMaster.GroupDiagnosed::evidence)
        .containsExactly("rank 1 has no more data");
  }

  private static Standing standing(int rank, long number, long endNs) {
    var barrier = new Call(Call.Kind.BARRIER, null, null, 0, 0);
    var call = new RecordedCall(number, number, barrier, -1, 1, endNs);
    return new Standing(rank, true, call, call, List.of());
  }

  @Test
  void givenOldGroupsSegments_whenTheNextHasJoined_thenTheyAreRemoved() {
    a.welcomed().ready(2).running(2);
    a.order(new ToAgent.Revoke(new Generation(1), "x")).on(new AgentEvent.GroupRevoked(1, 6));
    a.form(2, 6, 0, List.of(), 0, 1);
    assertThat(a.fx.performed(AgentAction.RemoveGroup.class)).isEmpty();
    a.on(new AgentEvent.Said(worker(0), new FromWorker.Joined(2)))
        .on(new AgentEvent.Said(worker(1), new FromWorker.Joined(2)));
    assertThat(a.fx.performed(AgentAction.RemoveGroup.class))
        .singleElement()
        .satisfies(r -> assertThat(r.group().generation()).isEqualTo(1));
  }
}
