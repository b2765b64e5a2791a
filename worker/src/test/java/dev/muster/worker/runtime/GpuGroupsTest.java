package dev.muster.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DeviceCommunicator;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Stream;
import dev.muster.collectives.local.LocalGroups;
import dev.muster.collectives.nccl.FakeGpus;
import dev.muster.collectives.shared.SharedMemoryGroups;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.Connection;
import dev.muster.worker.FencedException;
import dev.muster.worker.Muster;
import dev.muster.worker.Step;
import dev.muster.worker.TrainerFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The worker's own runtime with NCCL beside its groups, on stand-ins for GPUs. */
class GpuGroupsTest {
  private static final int WORLD = 3;
  private static final long STEPS = 4;

  @TempDir Path folder;
  private final Set<String> onDevice = ConcurrentHashMap.newKeySet(); // generation and rank
  private int runs;

  @BeforeAll
  static void build() throws Exception {
    FakeGpus.build();
  }

  /** Whatever happened, nothing is left of it, and no rule of NCCL was broken. */
  @AfterEach
  void assertClean() {
    assertThat(FakeGpus.misuses()).as("calls against NCCL's rules").isZero();
    assertThat(FakeGpus.liveCommunicators()).isZero();
  }

  private Drill.Outcome drill(List<Drill.Strike> strikes, Consumer<Step> midway) throws Exception {
    Path run = Files.createDirectory(folder.resolve("run-" + runs++));
    Consumer<Step> noted =
        step -> {
          step.communicator().onDevice().ifPresent(device -> onDevice.add(place(device)));
          midway.accept(step);
        };
    try (var drill =
        new Drill(
            run, new LocalGroups(), STEPS, true, strikes, "strikes=" + strikes, "nccl", noted)) {
      return drill.run(WORLD);
    }
  }

  private static String place(DeviceCommunicator device) {
    assertThat(device.device()).isEqualTo(device.rank());
    return device.generation() + "/" + device.rank();
  }

  @Test
  void givenRanksThatDieAnywhere_whenReplaced_thenEachGenerationIsOnGpusAndTheStateIsTheSame()
      throws Exception {
    var undisturbed = drill(List.of(), step -> {});
    assertThat(undisturbed.generations()).isEqualTo(1);
    assertThat(onDevice).containsExactlyInAnyOrder("1/0", "1/1", "1/2");
    for (int call = 0; call < 5; call++) { // the join, NCCL's id, agreements
      var kind = call % 2 == 0 ? Drill.Kind.KILL : Drill.Kind.REVOKE;
      var strike = new Drill.Strike(1, call % WORLD, call, call % 3 == 0, kind);
      var outcome = drill(List.of(strike), step -> {});
      assertThat(outcome.digest()).as("strike=" + strike).isEqualTo(undisturbed.digest());
      assertThat(outcome.losses()).as("strike=" + strike).isEqualTo(undisturbed.losses());
      assertThat(outcome.generations()).as("strike=" + strike).isEqualTo(2);
    }
    assertThat(onDevice).contains("2/0", "2/1", "2/2");
  }

  @Test
  void givenPeersThatWaitInNccl_whenARankDies_thenTheyLeaveAndTheStepIsDoneAgain()
      throws Exception {
    var undisturbed = drill(List.of(), step -> {});
    var outcome =
        drill(
            List.of(),
            step -> {
              if (step.communicator().generation() == 1
                  && step.communicator().rank() == 1
                  && step.number() == 3) {
                throw new FencedException("killed with one bucket reduced and one to come");
              }
            });
    assertThat(outcome.digest()).isEqualTo(undisturbed.digest());
    assertThat(outcome.generations()).isEqualTo(2);
    assertThat(outcome.left()).hasSize(2).allMatch(left -> left.appliedStep() == 2);
  }

  /**
   * Rank 0 looks at nothing but its GPU, as a thread inside a call of CUDA does: only who ends
   * NCCL's kernels gets it out.
   */
  @Test
  void givenAThreadThatWaitsForItsGpu_whenTheAgentRevokes_thenTheKernelsEnd() throws Exception {
    var waiting = new CountDownLatch(1);
    var over = new CountDownLatch(1);
    Consumer<Step> midway =
        step -> {
          if (step.communicator().rank() == 1) {
            quietly(over);
          } else {
            stuck(step.communicator(), waiting);
          }
        };
    try (var agent = new FakeAgent(folder, STEPS, 11, "nccl")) {
      var workers = start(agent, new SharedMemoryGroups(), midway, 0, 1);
      waiting.await();
      agent.tell("n/0", new ToWorker.Revoke(1, "rank 1 hangs"));
      assertThat(heard(agent, "n/0", FromWorker.Left.class).appliedStep()).isZero();
      over.countDown();
      end(agent, workers);
    }
  }

  private static void stuck(Communicator communicator, CountDownLatch waiting) {
    var device = communicator.onDevice().orElseThrow();
    var alone = Buffer.float32(device.allocate(64));
    var work = device.allReduce(alone, ReduceOp.SUM, Stream.OWN);
    waiting.countDown();
    while (!work.isDone()) {
      Thread.onSpinWait();
    }
    work.await();
  }

  @Test
  void givenARankWithoutAGpu_whenTheJobSaysAuto_thenTheGroupIsOfTheCpu() throws Exception {
    try (var agent = new FakeAgent(folder, STEPS, 11, "auto")) {
      Consumer<Step> midway =
          step -> step.communicator().onDevice().ifPresent(device -> onDevice.add(place(device)));
      var workers = start(agent, new LocalGroups(), midway, 0, 8); // the stand-ins are 8
      heard(agent, "n/0", FromWorker.Finished.class);
      assertThat(onDevice).isEmpty();
      end(agent, workers);
    }
  }

  @Test
  void givenARankWithoutAGpu_whenTheJobSaysNccl_thenItFailsAtOnceAndSaysWhatToDo()
      throws Exception {
    try (var agent = new FakeAgent(folder, STEPS, 11, "nccl")) {
      var workers = start(agent, new LocalGroups(), step -> {}, 0, 8);
      assertThat(heard(agent, "n/1", FromWorker.Failed.class).error())
          .contains("no GPU for this rank: generation=1 rank=1 device=8 devices=8")
          .contains("set muster.worker.gpus to auto or off");
      end(agent, workers);
    }
  }

  /**
   * @param devices by rank
   */
  private List<Thread> start(FakeAgent agent, Groups groups, Consumer<Step> midway, int... devices)
      throws Exception {
    TrainerFactory factory =
        (settings, seed) -> new QuadraticTrainer(seed, (step, loss) -> {}, midway);
    var threads = new ArrayList<Thread>();
    for (int rank = 0; rank < devices.length; rank++) {
      var connection = new Connection(agent.socket(), "n/" + rank, "token");
      threads.add(Thread.ofPlatform().start(() -> train(factory, connection, groups)));
      heard(agent, "n/" + rank, FromWorker.Ready.class);
    }
    for (int rank = 0; rank < devices.length; rank++) {
      agent.tell(
          "n/" + rank,
          new ToWorker.Form(1, rank, devices.length, rank, 0, -1, List.of()).on(devices[rank]));
    }
    return threads;
  }

  private static void train(TrainerFactory factory, Connection connection, Groups groups) {
    try {
      Muster.train(factory, connection, groups);
    } catch (IllegalStateException | GroupRevokedException | FencedException e) {
      // told to the agent, or by it
    }
  }

  private static <T extends FromWorker> T heard(FakeAgent agent, String worker, Class<T> type)
      throws InterruptedException {
    while (true) {
      var event = agent.next(worker + " awaited: " + type);
      if (event.worker().equals(worker) && type.isInstance(event.message())) {
        return type.cast(event.message());
      }
    }
  }

  private static void end(FakeAgent agent, List<Thread> workers) throws Exception {
    for (int rank = 0; rank < workers.size(); rank++) {
      agent.disconnect("n/" + rank);
    }
    for (var worker : workers) {
      worker.join();
    }
  }

  private static void quietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
