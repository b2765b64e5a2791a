package dev.muster.worker.agent;

import static dev.muster.worker.agent.AgentFixture.NODE;
import static dev.muster.worker.agent.AgentFixture.worker;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToAgent.Medium;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Snapshot;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An agent whose job saves every 10 of 100 steps, with two workers in generation 1. */
class CheckpointDutyTest {
  private static final Generation FIRST = new Generation(1);
  private final AgentFixture agent = new AgentFixture();

  @BeforeEach
  void aJobWithCheckpoints() {
    agent.checkpoint = new JobSpec.Checkpoint(10, 60_000_000_000L, 3, 0, "");
    agent.welcomed();
  }

  private void sharded(int workers) {
    agent.ready(workers);
    for (int i = 0; i < workers; i++) {
      agent.on(
          new AgentEvent.Said(worker(i), new FromWorker.Ready("tokens", FromWorker.Ready.SHARDED)));
    }
    agent.running(workers);
  }

  private void saved(int number, long step) {
    agent.on(new AgentEvent.Said(worker(number), new FromWorker.Saved(1, step)));
  }

  private void written(int number, long step, String problem) {
    agent.on(new AgentEvent.ShardWritten(worker(number), 1, step, Medium.STORAGE, problem, false));
  }

  private List<AgentAction.Persist> persists() {
    return agent.fx.performed(AgentAction.Persist.class);
  }

  private List<ToMaster.ShardsWritten> answers() {
    return agent.sent(ToMaster.ShardsWritten.class);
  }

  private List<ToWorker.Form> forms() {
    return agent.fx.performed(AgentAction.Tell.class).stream()
        .map(AgentAction.Tell::message)
        .filter(ToWorker.Form.class::isInstance)
        .map(ToWorker.Form.class::cast)
        .toList();
  }

  @Test
  void givenAReplicatedState_whenFormed_thenOneWorkerOfTheNodeSaves() {
    agent.ready(2).running(2);
    assertThat(forms()).extracting(ToWorker.Form::saveEvery).containsExactly(10, 0);
    assertThat(forms().getFirst().shards()).isEqualTo(1);
  }

  private List<ToMaster.SaveCost> costs() {
    return agent.sent(ToMaster.SaveCost.class);
  }

  @Test
  void givenSavesThatWereMeasured_whenTheirNumberHasDoubled_thenTheSlowestMembersMeanIsTold() {
    sharded(2);
    for (long save = 1; save <= 8; save++) {
      for (int number = 1; number >= 0; number--) {
        long blockedNs = 100 * save + 10 * number;
        agent.on(
            new AgentEvent.Said(
                worker(number), new FromWorker.Saved(1, 10 * save, blockedNs, 1_000L)));
      }
    }
    assertThat(costs())
        .containsExactly(
            new ToMaster.SaveCost(NODE, FIRST, 260, 1_000), // saves 1 to 4
            new ToMaster.SaveCost(NODE, FIRST, 660, 1_000));
  }

  @Test
  void givenSavesThatWereNotMeasured_whenSaved_thenNothingIsTold() {
    sharded(1);
    for (long save = 1; save <= 8; save++) {
      saved(0, 10 * save);
    }
    assertThat(costs()).isEmpty();
  }

  @Test
  void givenAnotherInterval_whenOrdered_thenThoseWhoSaveAreTold_ofThisGenerationOnly() {
    agent.ready(2).running(2);
    agent.order(new ToAgent.SaveEvery(new Generation(7), 32));
    agent.order(new ToAgent.SaveEvery(FIRST, 16));
    assertThat(agent.fx.performed(AgentAction.Tell.class))
        .filteredOn(tell -> tell.message() instanceof ToWorker.SaveEvery)
        .containsExactly(new AgentAction.Tell(worker(0), new ToWorker.SaveEvery(1, 16)));
  }

  @Test
  void givenAShardedState_whenFormed_thenEachSavesItsShard() {
    sharded(2);
    assertThat(forms()).extracting(ToWorker.Form::shard).containsExactly(0, 1);
    assertThat(forms()).extracting(ToWorker.Form::shards).containsOnly(2);
  }

  @Test
  void givenAnOrder_whenAllHaveSavedThatStep_thenEachIsWritten_andAnsweredOnce() {
    sharded(2);
    agent.order(new ToAgent.Persist(FIRST, 20));
    saved(0, 10);
    assertThat(persists()).isEmpty();
    saved(0, 20);
    saved(1, 20);
    assertThat(persists())
        .containsExactly(
            new AgentAction.Persist(worker(0), 1, 20), new AgentAction.Persist(worker(1), 1, 20));
    written(0, 20, "");
    assertThat(answers()).isEmpty();
    written(1, 20, "");
    assertThat(answers())
        .containsExactly(new ToMaster.ShardsWritten(NODE, FIRST, 20, Medium.STORAGE, "", false));
  }

  @Test
  void givenAWorkerPastTheStep_whenOrdered_thenTheMasterIsToldSo() {
    agent.ready(1).running(1);
    saved(0, 30);
    agent.order(new ToAgent.Persist(FIRST, 20));
    assertThat(answers()).singleElement().matches(ToMaster.ShardsWritten::passed);
  }

  @Test
  void givenAnOrderInTime_whenThatSaveIsSkipped_thenTheMasterIsToldSo() {
    agent.ready(1).running(1);
    agent.order(new ToAgent.Persist(FIRST, 20));
    saved(0, 10);
    saved(0, 30);
    assertThat(persists()).isEmpty();
    assertThat(answers()).singleElement().matches(ToMaster.ShardsWritten::passed);
  }

  private void saveFailed(int number, long step) {
    agent.on(new AgentEvent.Said(worker(number), new FromWorker.SaveFailed(1, step, "no space")));
  }

  @Test
  void givenAWorkerThatCannotSave_whenOrderedBeforeOrAfter_thenTheMasterIsToldAtOnce() {
    sharded(2);
    agent.order(new ToAgent.Persist(FIRST, 20));
    saved(0, 10);
    saveFailed(1, 10);
    agent.order(new ToAgent.Copy(FIRST, 40, List.of(), 0));
    assertThat(answers())
        .extracting(a -> a.to() + "/" + a.step() + "/" + a.problem())
        .containsExactly(
            "STORAGE/20/worker n0/1 cannot save step 10: no space",
            "MEMORY/40/worker n0/1 cannot save step 10: no space");
    assertThat(answers()).noneMatch(ToMaster.ShardsWritten::passed);
  }

  @Test
  void givenTheLastStep_whenItCannotBeSaved_thenTheMasterIsToldWithoutAnOrder() {
    agent.ready(1).running(1);
    saveFailed(0, 100);
    assertThat(persists()).isEmpty();
    assertThat(answers())
        .singleElement()
        .matches(a -> a.step() == 100 && a.problem().contains("no space") && !a.passed());
  }

  @Test
  void givenTheLastStep_whenSaved_thenItIsWrittenWithoutAnOrder() {
    agent.ready(1).running(1);
    saved(0, 100);
    written(0, 100, "");
    assertThat(persists()).hasSize(1);
    assertThat(answers())
        .containsExactly(new ToMaster.ShardsWritten(NODE, FIRST, 100, Medium.STORAGE, "", false));
  }

  @Test
  void givenAProblem_whenWriting_thenToldOnce_andTheOtherShardIsOfNoMatter() {
    sharded(2);
    agent.order(new ToAgent.Persist(FIRST, 20));
    saved(0, 20);
    saved(1, 20);
    written(0, 20, "disk full");
    written(1, 20, "");
    assertThat(answers())
        .containsExactly(
            new ToMaster.ShardsWritten(NODE, FIRST, 20, Medium.STORAGE, "disk full", false));
  }

  @Test
  void givenAGroupThatIsOver_whenOrderedOrSaved_thenNothingIsWritten() {
    agent.ready(1).running(1);
    agent.order(new ToAgent.Revoke(FIRST, "test"));
    agent.order(new ToAgent.Persist(FIRST, 20));
    saved(0, 20);
    assertThat(persists()).isEmpty();
    assertThat(answers()).singleElement().matches(a -> !a.problem().isEmpty() && !a.passed());
  }

  @Test
  void givenSecondSaveOfAGroup_whenSaved_thenSnapshotsOfOthersGo() {
    agent.ready(2).running(2);
    saved(0, 10);
    assertThat(agent.fx.performed(AgentAction.SweepSnapshots.class)).isEmpty();
    saved(0, 20);
    saved(0, 30);
    assertThat(agent.fx.performed(AgentAction.SweepSnapshots.class))
        .containsExactly(new AgentAction.SweepSnapshots(List.of(worker(0), worker(1))));
  }

  @Test
  void givenARevokedGroup_whenAnswered_thenTheMasterLearnsOfTheSnapshots() {
    agent.ready(1).running(1);
    var snapshot = new Snapshot(FIRST, 20, 0, 1);
    agent.order(new ToAgent.Revoke(FIRST, "test"));
    agent.on(new AgentEvent.GroupRevoked(1, 25, List.of(snapshot)));
    assertThat(agent.lastRevoked().orElseThrow().snapshots()).containsExactly(snapshot);
  }

  @Test
  void givenAnOrderToCopy_whenSaved_thenEachIsPushedToThePeers_besideTheWayToStorage() {
    agent.ready(1).running(1);
    var peers = List.of(new ToAgent.Peer(new NodeId("n1"), "127.0.0.1:4000"));
    agent.order(new ToAgent.Copy(FIRST, 20, peers, 0));
    agent.order(new ToAgent.Persist(FIRST, 30));
    saved(0, 20);
    saved(0, 30);
    assertThat(agent.fx.performed(AgentAction.Push.class))
        .containsExactly(new AgentAction.Push(worker(0), 1, 20, peers));
    written(0, 30, "");
    agent.on(new AgentEvent.ShardWritten(worker(0), 1, 20, Medium.MEMORY, "", false));
    assertThat(answers())
        .containsExactly(
            new ToMaster.ShardsWritten(NODE, FIRST, 30, Medium.STORAGE, "", false),
            new ToMaster.ShardsWritten(NODE, FIRST, 20, Medium.MEMORY, "", false));
  }

  @Test
  void givenOrdersAgainAndAgain_whenNoRoundWasComplete_thenEarlierCopiesStay_untilTwoWere() {
    agent.ready(1).running(1);
    for (long step = 20; step <= 100; step += 10) { // a node was past each of them
      agent.order(new ToAgent.Copy(FIRST, step, List.of(), step < 60 ? 0 : 1));
    }
    assertThat(agent.fx.performed(AgentAction.SweepCopies.class)).isEmpty();
    agent.order(new ToAgent.Copy(FIRST, 110, List.of(), 2));
    agent.order(new ToAgent.Copy(FIRST, 120, List.of(), 3));
    assertThat(agent.fx.performed(AgentAction.SweepCopies.class))
        .containsExactly(new AgentAction.SweepCopies(1));
  }

  private void formAfterFetch() {
    var holder = new ToAgent.Peer(new NodeId("n1"), "127.0.0.1:4000");
    var order =
        new ToAgent.Fetch(new Generation(2), FIRST, 50, 1, List.of(new ToAgent.ShardAt(0, holder)));
    agent.order(order);
    agent.order(
        new ToAgent.Form(
            AgentFixture.group(2, 0),
            50,
            0,
            List.of(0),
            new ToAgent.Restore(Medium.MEMORY, FIRST)));
    assertThat(agent.fx.performed(AgentAction.FetchSnapshots.class))
        .containsExactly(new AgentAction.FetchSnapshots(order));
    assertThat(forms()).as("not before the snapshots are here").isEmpty();
  }

  @Test
  void givenSnapshotsAtAPeer_whenFetched_thenTheFormIsPassedOn() {
    agent.ready(1);
    formAfterFetch();
    agent.on(AgentEvent.SnapshotsFetched.all(2));
    assertThat(forms()).singleElement().matches(f -> f.generation() == 2);
  }

  private long looksForHangs() {
    return agent.fx.performed(AgentAction.Look.class).stream()
        .filter(look -> look.purpose() == Reading.Purpose.HANG)
        .count();
  }

  @Test
  void givenALongFetch_whenItGoesOn_thenMembersDoNotHangMeanwhile_andTheMasterHearsOfIt() {
    agent.ready(1);
    formAfterFetch();
    for (int second = 0; second < 90; second++) { // a start timeout is 60
      agent.advanceMs(1_000);
      var beat = agent.sent(ToMaster.Beat.class).getLast().nodes().getFirst();
      agent.order(new ToAgent.Lease(beat.sequence(), new Generation(2)));
      agent.on(new AgentEvent.SnapshotsArriving(2));
      agent.on(new AgentEvent.SnapshotsArriving(1)); // of a group that is over
    }
    assertThat(looksForHangs()).isZero();
    assertThat(agent.sent(ToMaster.Fetching.class))
        .hasSize(6)
        .containsOnly(new ToMaster.Fetching(NODE, new Generation(2)));
    agent.on(AgentEvent.SnapshotsFetched.all(2));
    agent.advanceMs(300);
    assertThat(looksForHangs()).isPositive();
  }

  @Test
  void givenSnapshotsAtAPeer_whenTheyCannotBeFetched_thenTheGroupEnds() {
    agent.ready(1);
    formAfterFetch();
    agent.on(new AgentEvent.SnapshotsFetched(2, new NodeId("n1"), "peer n1 is gone"));
    assertThat(forms()).isEmpty();
    assertThat(agent.sent(ToMaster.RestoreFailed.class))
        .singleElement()
        .matches(f -> f.problem().equals("node n0 cannot fetch: peer n1 is gone"))
        .matches(f -> f.unread().equals(new NodeId("n1")));
  }

  @Test
  void givenMembersThatWereNotToldYet_whenTheGroupEnds_thenTheyHoldWhatTheyHeld() {
    agent.ready(1).running(1);
    agent.order(new ToAgent.Revoke(FIRST, "test"));
    agent.on(new AgentEvent.GroupRevoked(1, 40, List.of()));
    agent.clear();
    formAfterFetch();
    agent.on(new AgentEvent.SnapshotsFetched(2, new NodeId("n1"), "peer n1 is gone"));
    agent.on(new AgentEvent.GroupRevoked(2, 50, List.of()));
    assertThat(agent.lastRevoked().orElseThrow().survivors())
        .as("nothing of it was overwritten")
        .containsExactly(new ToMaster.Survivor(worker(0), 40));
  }

  @Test
  void givenMembersThatWereNotToldYet_andNobodyKnowsHowFarTheFormerGroupCame_thenTheyHoldNothing() {
    agent.ready(1).running(1);
    agent.clear();
    formAfterFetch();
    agent.on(new AgentEvent.SnapshotsFetched(2, new NodeId("n1"), "peer n1 is gone"));
    agent.on(new AgentEvent.GroupRevoked(2, 50, List.of()));
    assertThat(agent.lastRevoked().orElseThrow().survivors())
        .containsExactly(new ToMaster.Survivor(worker(0), -1));
  }

  @Test
  void givenSnapshotsAtAPeer_whenTheGroupEndsBefore_thenNothingIsPassedOn() {
    agent.ready(1);
    formAfterFetch();
    agent.order(new ToAgent.Revoke(new Generation(2), "test"));
    agent.on(AgentEvent.SnapshotsFetched.all(2));
    assertThat(forms()).isEmpty();
  }

  @Test
  void givenAStateThatCannotBeRead_whenSaid_thenTheGroupEnds_andNobodyHoldsAState() {
    agent.ready(1);
    agent.order(
        new ToAgent.Form(
            AgentFixture.group(1, 0),
            50,
            0,
            List.of(0),
            new ToAgent.Restore(ToAgent.Medium.STORAGE, FIRST)));
    agent.on(new AgentEvent.Said(worker(0), new FromWorker.RestoreFailed(1, "damaged")));
    assertThat(agent.sent(ToMaster.RestoreFailed.class))
        .singleElement()
        .matches(f -> f.problem().equals("worker n0/0 cannot restore: damaged"))
        .matches(f -> f.unread().equals(NODE));
    agent.on(new AgentEvent.GroupRevoked(1, 50, List.of()));
    assertThat(agent.lastRevoked().orElseThrow().survivors())
        .containsExactly(new ToMaster.Survivor(worker(0), -1));
    assertThat(agent.sent(ToMaster.WorkerExited.class)).isEmpty();
  }
}
