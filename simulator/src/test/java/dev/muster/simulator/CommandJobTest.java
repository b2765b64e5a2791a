package dev.muster.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.job.Job;
import dev.muster.master.job.JobAction;
import dev.muster.master.job.JobConfig;
import dev.muster.master.job.JobEvent;
import dev.muster.protocol.Exit;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.run.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Jobs of plain commands: all ranks start together, one failure restarts them all. */
class CommandJobTest {
  private static final long SECOND = 1_000_000_000L;
  private static final NodeId NODE = new NodeId("n0");

  private final World world = new World(1);
  private final List<ToAgent.Launch> launches = new ArrayList<>();
  private final List<WorkerId> running = new ArrayList<>();
  private final List<ToAgent.OpenStore> opened = new ArrayList<>();
  private final List<ToAgent.CloseStore> closed = new ArrayList<>();
  private JobSpec.Store store = JobSpec.Store.AGENT;
  private Function<ToAgent.OpenStore, String> opens = order -> ""; // problem; null: no answer
  private Host<JobEvent> master;
  private Result result;

  /** Runs the job on one node whose commands end after a second as {@code ends} says. */
  private Result run(int workers, int minWorkers, int slots, Function<ToAgent.Launch, Exit> ends) {
    start(workers, minWorkers, slots, ends);
    assertThat(world.runUntil(() -> result != null, 600 * SECOND)).isTrue();
    return result;
  }

  private void start(int workers, int minWorkers, int slots, Function<ToAgent.Launch, Exit> ends) {
    var spec =
        new JobSpec(
            "test",
            1,
            1,
            workers,
            minWorkers,
            0,
            true,
            2,
            100,
            5 * SECOND,
            SECOND,
            10 * SECOND,
            SECOND,
            new JobSpec.Hang(3, 2 * SECOND),
            List.of(),
            new JobSpec.WorkerSpec(
                false, List.of("x"), Map.of(), Map.of(), 1 << 20, JobSpec.Gpus.OFF, store));
    var job = new Job(JobConfig.of(new RunId("test"), spec, 1, 3600 * SECOND, SECOND / 2));
    master =
        new CoreHost<>(
            world,
            PeerId.MASTER,
            job,
            (from, m) -> new JobEvent.FromAgent(NODE, (ToMaster) m),
            a -> {
              if (a instanceof JobAction.Finish finish) {
                result = finish.result();
              }
            });
    world.add(master);
    world.add(
        new CoreHost<Message>(
            world,
            PeerId.agent(NODE),
            (m, fx) -> obey((ToAgent) m, ends),
            (from, m) -> m,
            a -> {}));
    master.on(new JobEvent.Started(1, false, 0));
    tell(
        new ToMaster.Register(
            NODE, 1, "localhost", slots, dev.muster.protocol.Generation.NONE, List.of()));
    beat();
  }

  private void beat() {
    if (result == null) {
      tell(
          new ToMaster.Beat(
              List.of(
                  new ToMaster.NodeDigest(
                      NODE, 1, 1, dev.muster.protocol.Generation.NONE, -1, -1, Double.NaN, 0))));
      world.after(SECOND / 2, this::beat);
    }
  }

  private void tell(ToMaster message) {
    world.send(PeerId.agent(NODE), PeerId.MASTER, message);
  }

  private void obey(ToAgent order, Function<ToAgent.Launch, Exit> ends) {
    switch (order) {
      case ToAgent.Launch launch -> {
        launches.add(launch);
        running.add(launch.worker());
        world.after(SECOND + launch.place().rank(), () -> end(launch.worker(), ends.apply(launch)));
      }
      case ToAgent.OpenStore open -> open(open);
      case ToAgent.CloseStore close -> closed.add(close);
      case ToAgent.Kill kill -> world.after(SECOND / 10, () -> end(kill.worker(), Exit.signal(15)));
      case ToAgent.Shutdown shutdown -> List.copyOf(running).forEach(w -> end(w, Exit.signal(15)));
      default -> {}
    }
  }

  private void open(ToAgent.OpenStore order) {
    opened.add(order);
    String problem = opens.apply(order);
    if (problem != null) {
      String endpoint = problem.isEmpty() ? endpoint(order.generation().number()) : "";
      tell(new ToMaster.StoreOpened(NODE, order.generation(), endpoint, problem));
    }
  }

  private static String endpoint(long generation) {
    return "127.0.0.1:" + (40_000 + generation);
  }

  private void end(WorkerId worker, Exit exit) {
    if (exit != null && running.remove(worker)) {
      tell(
          new ToMaster.WorkerExited(
              worker, new dev.muster.protocol.Generation(1), exit, -1, 0, ""));
    }
  }

  /** Plain commands never say that they are ready. */
  @Test
  void givenTheLinkWasBroken_whenItsNodeRegistersAgain_thenItsCommandsAreNotTakenForLateOnes() {
    start(2, 2, 2, launch -> null);
    world.runUntil(2 * SECOND);
    master.on(new JobEvent.LinkLost(NODE, "reset"));
    var reports =
        running.stream()
            .map(w ->
                new ToMaster.WorkerReport(w, 1, false, new dev.muster.protocol.Generation(1), -1))
            .toList();
    tell(
        new ToMaster.Register(
            NODE, 1, "localhost", 2, new dev.muster.protocol.Generation(1), reports));
    world.runUntil(60 * SECOND);
    assertThat(running).hasSize(2);
    assertThat(master.notes()).extracting(note -> note.topic()).doesNotContain("worker.late");
  }

  @Test
  void givenAllRanksExitWithZero_whenRun_thenSuccessWithTheRanksOfTheEnvironment() {
    var r = run(3, 3, 8, launch -> Exit.code(0));
    assertThat(r.exitCode()).isZero();
    assertThat(launches).extracting(l -> l.place().rank()).containsExactly(0, 1, 2);
    assertThat(launches)
        .allSatisfy(l -> {
          assertThat(l.place().worldSize()).isEqualTo(3);
          assertThat(l.place().localRank()).isEqualTo(l.place().rank());
          assertThat(l.place().restarts()).isZero();
        });
  }

  @Test
  void givenOneRankFailsOnce_whenRun_thenAllAreRestartedInTheNextGeneration() {
    var r =
        run(
            3,
            3,
            3,
            launch ->
                launch.place().restarts() == 0
                    ? (launch.place().rank() == 1 ? Exit.code(3) : null)
                    : Exit.code(0));
    assertThat(r.exitCode()).isZero();
    assertThat(launches)
        .extracting(l -> l.place().generation().number())
        .containsExactly(1L, 1L, 1L, 2L, 2L, 2L);
    assertThat(launches).extracting(ToAgent.Launch::worker).doesNotHaveDuplicates();
  }

  @Test
  void givenARankThatAlwaysFails_whenBudgetIsSpent_thenExitCodeOneAndItsFirstCause() {
    var r = run(2, 2, 2, launch -> launch.place().rank() == 1 ? Exit.code(3) : null);
    assertThat(r.exitCode()).isEqualTo(1);
    assertThat(r.firstCause().text()).contains("rank 1").contains("exit code 3");
    assertThat(launches).hasSize(6);
  }

  @Test
  void givenTooFewSlots_whenTheWaitIsOver_thenRequeueWithTheReason() {
    var r = run(4, 3, 2, launch -> Exit.code(0));
    assertThat(r.exitCode()).isEqualTo(75);
    assertThat(r.reason()).contains("usable=2").contains("minWorkers=3");
    assertThat(launches).isEmpty();
  }

  @Test
  void givenSlotsBetweenMinimumAndAim_whenLastCallIsOver_thenRunsWithFewer() {
    var r = run(4, 2, 3, launch -> Exit.code(0));
    assertThat(r.exitCode()).isZero();
    assertThat(launches).hasSize(3);
  }

  /** It was given up with its ranks, which live on; they must end before the next ones start. */
  @Test
  void givenALostNodeThatComesBackWithItsRanks_whenRun_thenTheyAreEndedAndTheGroupStartsAnew() {
    start(2, 2, 2, launch -> launch.place().restarts() == 0 ? null : Exit.code(0));
    world.runUntil(SECOND);
    master.on(new JobEvent.NodeSilent(NODE, "test", 0));
    world.runUntil(2 * SECOND);
    var reports =
        running.stream()
            .map(w ->
                new ToMaster.WorkerReport(w, 100, false, new dev.muster.protocol.Generation(1), -1))
            .toList();
    tell(
        new ToMaster.Register(
            NODE, 1, "localhost", 2, new dev.muster.protocol.Generation(1), reports));
    assertThat(world.runUntil(() -> result != null, 600 * SECOND)).isTrue();
    assertThat(result.exitCode()).as(master.notes().toString()).isZero();
    assertThat(launches)
        .extracting(l -> l.place().generation().number())
        .containsExactly(1L, 1L, 2L, 2L);
  }

  @Test
  void givenNodeLeavesBeforeTheGroupIsDurable_whenRun_thenNothingIsStartedThere() {
    start(2, 2, 2, launch -> Exit.code(0));
    assertThat(
            world.runUntil(
                () -> master.notes().stream().anyMatch(n -> n.topic().equals("generation.formed")),
                SECOND))
        .isTrue();
    master.on(new JobEvent.FromAgent(NODE, new ToMaster.Leaving(NODE, "test")));
    assertThat(world.runUntil(() -> result != null, 600 * SECOND))
        .as(master.notes().toString())
        .isTrue();
    assertThat(result.exitCode()).isEqualTo(75);
    assertThat(launches).isEmpty();
  }

  @Test
  void givenRestarts_whenRun_thenEachGenerationMeetsAtAStoreOfItsOwnThatClosesWithIt() {
    run(
        2,
        2,
        2,
        launch -> launch.place().restarts() < 2 ? Exit.code(launch.place().rank()) : Exit.code(0));
    assertThat(result.exitCode()).isZero();
    assertThat(launches)
        .allSatisfy(l ->
            assertThat(l.place().store()).isEqualTo(endpoint(l.place().generation().number())));
    assertThat(opened).extracting(o -> o.generation().number()).containsExactly(1L, 2L, 3L);
    assertThat(opened)
        .allSatisfy(o -> {
          assertThat(o.worldSize()).isEqualTo(2);
          assertThat(o.hosts()).as("all ranks are on that node").isEmpty();
        });
    assertThat(closed).extracting(o -> o.generation().number()).containsExactly(1L, 2L);
  }

  @Test
  void givenTheTrainerServesTheStore_whenRun_thenNoAgentIsAsked() {
    store = JobSpec.Store.TRAINER;
    assertThat(run(2, 2, 2, launch -> Exit.code(0)).exitCode()).isZero();
    assertThat(opened).isEmpty();
    assertThat(launches).allSatisfy(l -> assertThat(l.place().store()).isEmpty());
  }

  @Test
  void givenTheStoreCannotBeOpened_whenRun_thenAnotherGenerationTriesAndSaysWhatToDo() {
    opens = order -> order.generation().number() < 3 ? "no free port" : "";
    assertThat(run(2, 2, 2, launch -> Exit.code(0)).exitCode()).isZero();
    assertThat(launches).extracting(l -> l.place().generation().number()).containsExactly(3L, 3L);
    assertThat(launches).allSatisfy(l -> assertThat(l.place().restarts()).isZero());
    assertThat(note("store.failed"))
        .contains("generation 1")
        .contains("node n0")
        .contains("no free port")
        .contains("--store trainer");
  }

  @Test
  void givenNoAnswerAboutTheStore_whenItIsOverdue_thenAnotherGenerationTries() {
    opens = order -> order.generation().number() == 1 ? null : "";
    assertThat(run(2, 2, 2, launch -> Exit.code(0)).exitCode()).isZero();
    assertThat(note("store.failed")).contains("no answer in 10 s");
    assertThat(launches).extracting(l -> l.place().generation().number()).containsExactly(2L, 2L);
  }

  @Test
  void givenNodeLeavesWhileItOpensTheStore_whenItAnswers_thenNothingIsStartedThere() {
    opens = order -> null;
    start(2, 2, 2, launch -> Exit.code(0));
    assertThat(world.runUntil(() -> !opened.isEmpty(), SECOND)).isTrue();
    master.on(new JobEvent.FromAgent(NODE, new ToMaster.Leaving(NODE, "test")));
    tell(
        new ToMaster.StoreOpened(
            NODE, opened.getFirst().generation(), endpoint(1), "")); // refused: it has left
    assertThat(world.runUntil(() -> result != null, 600 * SECOND)).isTrue();
    assertThat(launches).isEmpty();
    assertThat(result.exitCode()).isEqualTo(75);
  }

  @Test
  void givenRanksThatDoNotCome_whenTheAgentTells_thenTheyAreNamedWithTheirNode() {
    start(3, 3, 3, launch -> null);
    assertThat(world.runUntil(() -> launches.size() == 3, SECOND)).isTrue();
    var generation = launches.getFirst().place().generation();
    tell(
        new ToMaster.RanksMissing(
            NODE, generation, 1, List.of(0, 2), "1 for /default_pg/0//cpu//0/2", 43 * SECOND));
    world.runUntil(world.nowNs() + SECOND);
    assertThat(note("ranks.missing"))
        .isEqualTo(
            "generation 1: 1 of 3 ranks joined, missing 0, 2 (node n0), 43 s; connections wait:"
                + " 1 for /default_pg/0//cpu//0/2");
  }

  private String note(String topic) {
    return master.notes().stream()
        .filter(n -> n.topic().equals(topic))
        .findFirst()
        .orElseThrow(() -> new AssertionError(master.notes().toString()))
        .text();
  }
}
