package dev.muster.worker.runtime;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.local.LocalGroups;
import dev.muster.protocol.local.ControlPage.Phase;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.Connection;
import dev.muster.worker.FencedException;
import dev.muster.worker.Muster;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.Step;
import dev.muster.worker.Trainer;
import dev.muster.worker.TrainerFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkerRuntimeTest {
  private static final TrainerFactory QUADRATIC =
      (settings, seed) -> new QuadraticTrainer(seed, (step, loss) -> {});

  @TempDir Path folder;
  private final LocalGroups groups = new LocalGroups();
  private FakeAgent agent;

  @BeforeEach
  void open() throws IOException {
    agent = new FakeAgent(folder, 4, 11);
  }

  @AfterEach
  void close() throws IOException {
    agent.close();
  }

  @Test
  void givenOneWorker_whenItTrains_thenItsMessagesAndPageFollowTheProtocol() throws Exception {
    var worker = start("n/0", QUADRATIC);
    var ready = until(FromWorker.Ready.class);
    assertThat(agent.page("n/0").phase()).isEqualTo(Phase.IDLE);
    agent.tell("n/0", new ToWorker.Form(3, 0, 1, 0, 0, -1, List.of()));
    List<FromWorker> said = until(FromWorker.Finished.class);
    assertThat(ready.getFirst())
        .isInstanceOfSatisfying(
            FromWorker.Hello.class,
            hello -> {
              assertThat(hello.worker()).isEqualTo("n/0");
              assertThat(hello.token()).isEqualTo("token");
              assertThat(hello.pid()).isEqualTo(ProcessHandle.current().pid());
              assertThat(hello.stepThreadId()).isPositive();
            });
    assertThat(said.subList(0, 3))
        .containsExactly(
            new FromWorker.Joined(3), new FromWorker.Restored(3, 0), new FromWorker.Stepped(3, 1));
    assertThat(said).hasSize(4);
    var finished = (FromWorker.Finished) said.getLast();
    assertThat(finished.step()).isEqualTo(4);
    assertThat(finished.loss()).isPositive();
    assertThat(finished.parametersDigest()).matches("[0-9a-f]{64}");
    assertThat(finished.report()).containsExactly("quadratic");
    var page = agent.page("n/0");
    assertThat(page.phase()).isEqualTo(Phase.FINISHED);
    assertThat(page.generation()).isEqualTo(3);
    assertThat(page.appliedStep()).isEqualTo(4);
    assertThat(page.stepInFlight()).isEqualTo(4);
    assertThat(page.loss()).isPositive();
    assertThat(page.unitsPerSecond()).isPositive();
    assertThat(page.stepDurationNs()).isPositive();
    agent.tell("n/0", new ToWorker.Stop("done"));
    worker.get(60, TimeUnit.SECONDS);
  }

  @Test
  void givenAFinishedWorker_whenItsGroupIsRevokedAndFormedAgain_thenItLeavesAndFinishesAgain()
      throws Exception {
    var worker = start("n/0", QUADRATIC);
    until(FromWorker.Ready.class);
    agent.tell("n/0", new ToWorker.Form(1, 0, 1, 0, 0, -1, List.of()));
    var first = (FromWorker.Finished) until(FromWorker.Finished.class).getLast();
    agent.tell("n/0", new ToWorker.Revoke(1, "a peer died in its evaluation"));
    assertThat(until(FromWorker.Left.class)).containsExactly(new FromWorker.Left(1, 4));
    agent.tell("n/0", new ToWorker.Form(2, 0, 1, 0, 4, 0, List.of()));
    var second = (FromWorker.Finished) until(FromWorker.Finished.class).getLast();
    assertThat(second.parametersDigest()).isEqualTo(first.parametersDigest());
    agent.tell("n/0", new ToWorker.Form(5, 0, 1, 0, 0, -1, List.of())); // from scratch
    var third = until(FromWorker.Finished.class);
    assertThat(third).contains(new FromWorker.Restored(5, 0), new FromWorker.Stepped(5, 1));
    assertThat(((FromWorker.Finished) third.getLast()).parametersDigest())
        .isEqualTo(first.parametersDigest());
    agent.tell("n/0", new ToWorker.Stop("done"));
    worker.get(60, TimeUnit.SECONDS);
  }

  @Test
  void givenATrainerThatThrows_whenItComputes_thenTheStackTraceIsReportedAndThrown()
      throws Exception {
    var worker = start("n/0", (settings, seed) -> failing(seed));
    until(FromWorker.Ready.class);
    agent.tell("n/0", new ToWorker.Form(1, 0, 1, 0, 0, -1, List.of()));
    var failed = (FromWorker.Failed) until(FromWorker.Failed.class).getLast();
    assertThat(failed.generation()).isEqualTo(1);
    assertThat(failed.step()).isEqualTo(3);
    assertThat(failed.error())
        .startsWith("java.lang.ArithmeticException: loss is not finite\n\tat ")
        .contains(WorkerRuntimeTest.class.getName());
    assertThat(thrownBy(worker)).isInstanceOf(ArithmeticException.class);
  }

  private static Trainer failing(long seed) {
    return new Delegate(new QuadraticTrainer(seed, (step, loss) -> {})) {
      @Override
      public double compute(Step step) {
        if (step.number() == 3) {
          throw new ArithmeticException("loss is not finite");
        }
        return super.compute(step);
      }
    };
  }

  @Test
  void givenAFactoryThatThrows_whenTheWorkerStarts_thenItIsReported() throws Exception {
    var worker =
        start(
            "n/0",
            (settings, seed) -> {
              throw new IOException("data file is not readable");
            });
    var failed = (FromWorker.Failed) until(FromWorker.Failed.class).getLast();
    assertThat(failed.error()).startsWith("java.io.IOException: data file is not readable");
    assertThat(thrownBy(worker)).hasMessageContaining("data file is not readable");
  }

  @Test
  void givenASampleLogThatCannotBeWritten_whenTheWorkerStarts_thenItIsReported() throws Exception {
    Files.createDirectory(agent.sampleLog("n/0"));
    var worker = start("n/0", QUADRATIC);
    var failed = (FromWorker.Failed) until(FromWorker.Failed.class).getLast();
    assertThat(failed.error())
        .contains("cannot open the sample log: file=" + agent.sampleLog("n/0"));
    assertThat(thrownBy(worker)).hasMessageContaining("cannot open the sample log");
  }

  @Test
  void givenAnIdleWorker_whenTheAgentIsGone_thenItsThreadEnds() throws Exception {
    var worker = start("n/0", QUADRATIC);
    until(FromWorker.Ready.class);
    agent.disconnect("n/0");
    assertThat(thrownBy(worker)).isInstanceOf(FencedException.class);
  }

  @Test
  void givenAWorkerThatWaitsForAPeerToJoin_whenTheAgentIsGone_thenItsThreadEnds() throws Exception {
    var worker = start("n/0", QUADRATIC);
    until(FromWorker.Ready.class);
    agent.tell("n/0", new ToWorker.Form(1, 0, 2, 0, 0, -1, List.of()));
    agent.disconnect("n/0");
    assertThat(thrownBy(worker)).isInstanceOf(FencedException.class);
  }

  @Test
  void givenAWorkerInsideACollective_whenItsLeaseRunsOut_thenItCommitsNothingAndEnds()
      throws Exception {
    var inside = new CountDownLatch(1);
    var never = new CountDownLatch(1);
    var waiting = start("n/0", QUADRATIC);
    var slow = start("n/1", (settings, seed) -> blockingAt(3, seed, inside, never));
    until(FromWorker.Ready.class);
    until(FromWorker.Ready.class);
    agent.tell("n/0", new ToWorker.Form(1, 0, 2, 0, 0, -1, List.of()));
    agent.tell("n/1", new ToWorker.Form(1, 1, 2, 1, 0, -1, List.of()));
    inside.await();
    agent.page("n/0").leaseDeadlineNs(System.nanoTime() - 1);
    assertThat(thrownBy(waiting)).isInstanceOf(FencedException.class).hasMessageContaining("lease");
    assertThat(agent.page("n/0").appliedStep()).isEqualTo(2);
    never.countDown();
    var left = (FromWorker.Left) until(FromWorker.Left.class).getLast();
    assertThat(left).isEqualTo(new FromWorker.Left(1, 2));
    agent.tell("n/1", new ToWorker.Stop("done"));
    slow.get(60, TimeUnit.SECONDS);
  }

  @Test
  void givenAStop_whenAPeerWaitsInACollective_thenBothEnd() throws Exception {
    var inside = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    var waiting = start("n/0", QUADRATIC);
    var slow = start("n/1", (settings, seed) -> blockingAt(2, seed, inside, go));
    until(FromWorker.Ready.class);
    until(FromWorker.Ready.class);
    agent.tell("n/0", new ToWorker.Form(1, 0, 2, 0, 0, -1, List.of()));
    agent.tell("n/1", new ToWorker.Form(1, 1, 2, 1, 0, -1, List.of()));
    inside.await();
    agent.tell("n/0", new ToWorker.Stop("operator"));
    agent.tell("n/1", new ToWorker.Stop("operator"));
    go.countDown();
    waiting.get(60, TimeUnit.SECONDS);
    slow.get(60, TimeUnit.SECONDS);
  }

  private static Trainer blockingAt(
      long step, long seed, CountDownLatch inside, CountDownLatch go) {
    return new Delegate(new QuadraticTrainer(seed, (s, loss) -> {})) {
      @Override
      public double compute(Step at) {
        if (at.number() == step) {
          inside.countDown();
          awaitQuietly(go);
        }
        return super.compute(at);
      }
    };
  }

  @Test
  void givenANewcomerOfAnotherLayout_whenItShouldTakeTheState_thenItFailsBeforeAByteIsWritten()
      throws Exception {
    start("n/0", QUADRATIC);
    var other =
        start(
            "n/1",
            (settings, seed) ->
                new Delegate(new QuadraticTrainer(seed, (s, loss) -> {})) {
                  @Override
                  public List<NamedTensor> state() {
                    return super.state().reversed();
                  }
                });
    until(FromWorker.Ready.class);
    until(FromWorker.Ready.class);
    agent.tell("n/0", new ToWorker.Form(1, 0, 2, 0, 0, 0, List.of(1)));
    agent.tell("n/1", new ToWorker.Form(1, 1, 2, 1, 0, 0, List.of(1)));
    var failed = (FromWorker.Failed) until(FromWorker.Failed.class).getLast();
    assertThat(failed.error()).contains("the source's state does not fit: stateLayout");
    assertThat(agent.page("n/1").appliedStep()).isZero();
    assertThat(thrownBy(other)).hasMessageContaining("does not fit");
  }

  @Test
  void givenBytesDamagedOnTheWay_whenRestored_thenTheNewcomerFailsAndClaimsNoState()
      throws Exception {
    start("n/0", QUADRATIC);
    var damaging =
        new FaultyGroups(
            groups, (spec, rank, call, after) -> {}, WorkerRuntimeTest::flipABitOfAChunk);
    var other =
        CompletableFuture.runAsync(
            () -> Muster.train(QUADRATIC, connection("n/1"), damaging), thread());
    until(FromWorker.Ready.class);
    until(FromWorker.Ready.class);
    agent.tell("n/0", new ToWorker.Form(1, 0, 2, 0, 0, 0, List.of(1)));
    agent.tell("n/1", new ToWorker.Form(1, 1, 2, 1, 0, 0, List.of(1)));
    var failed = (FromWorker.Failed) until(FromWorker.Failed.class).getLast();
    assertThat(failed.error()).contains("the state was damaged on its way: expectedCrc32c=");
    assertThat(agent.page("n/1").appliedStep()).isEqualTo(Replica.NO_STATE);
    assertThat(thrownBy(other)).hasMessageContaining("damaged");
  }

  private static void flipABitOfAChunk(Buffer buffer) {
    if (buffer.elements() == Restore.CHUNK_BYTES) {
      buffer.memory().set(JAVA_BYTE, 77_777, (byte) (buffer.memory().get(JAVA_BYTE, 77_777) ^ 1));
    }
  }

  @Test
  void givenAMemberWithoutTheStartState_whenFormed_thenItRefusesToTrain() throws Exception {
    var worker = start("n/0", QUADRATIC);
    until(FromWorker.Ready.class);
    agent.tell("n/0", new ToWorker.Form(2, 0, 1, 0, 7, 0, List.of()));
    var failed = (FromWorker.Failed) until(FromWorker.Failed.class).getLast();
    assertThat(failed.error()).contains("expectedStep=7 actualStep=0");
    assertThat(thrownBy(worker)).isInstanceOf(IllegalStateException.class);
  }

  private Connection connection(String worker) {
    return new Connection(agent.socket(), worker, "token");
  }

  private CompletableFuture<Void> start(String worker, TrainerFactory factory) {
    return CompletableFuture.runAsync(
        () -> Muster.train(factory, connection(worker), groups), thread());
  }

  private static Executor thread() {
    return task -> Thread.ofPlatform().daemon().start(task);
  }

  /** What workers say until one says a message of this type, that one last. */
  private List<FromWorker> until(Class<? extends FromWorker> type) throws InterruptedException {
    return until(type::isInstance);
  }

  private List<FromWorker> until(Predicate<FromWorker> last) throws InterruptedException {
    var said = new ArrayList<FromWorker>();
    while (said.isEmpty() || !last.test(said.getLast())) {
      var event = agent.next("said=" + said);
      if (event.message() != null) {
        said.add(event.message());
      }
    }
    return said;
  }

  private static Throwable thrownBy(CompletableFuture<Void> worker) throws Exception {
    try {
      worker.get(60, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      return e.getCause();
    }
    throw new AssertionError("the worker ended without an exception");
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A trainer of which a test changes one method. */
  private static class Delegate implements Trainer {
    private final Trainer inner;

    Delegate(Trainer inner) {
      this.inner = inner;
    }

    @Override
    public List<NamedTensor> state() {
      return inner.state();
    }

    @Override
    public void place(int rank, int worldSize) {
      inner.place(rank, worldSize);
    }

    @Override
    public Dataset dataset() {
      return inner.dataset();
    }

    @Override
    public void joined(Communicator communicator) {
      inner.joined(communicator);
    }

    @Override
    public double compute(Step step) {
      return inner.compute(step);
    }

    @Override
    public void apply(Step step) {
      inner.apply(step);
    }

    @Override
    public Evaluation evaluate() {
      return inner.evaluate();
    }

    @Override
    public void close() {
      inner.close();
    }
  }
}
