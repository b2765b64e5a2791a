package dev.muster.worker.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.shared.SharedMemoryGroups;
import dev.muster.protocol.Exit;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.protocol.run.RunFolder;
import dev.muster.worker.agent.AgentAction;
import dev.muster.worker.agent.AgentEvent;
import dev.muster.worker.process.LaunchSpec;
import dev.muster.worker.process.WorkerLauncher;
import dev.muster.worker.runtime.ManagedProcess;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real worker that is killed, while the operating system's exit notice is held back. */
@Timeout(120)
class EarlyDeathTest {
  private static final NodeId NODE = new NodeId("n0");
  private static final WorkerId WORKER = new WorkerId(NODE, 0);

  @TempDir Path folder;
  private final BlockingQueue<AgentEvent> events = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> noticesMayCome = new CompletableFuture<>();
  private Path shared;
  private AgentRuntime runtime;

  @BeforeEach
  void open() throws Exception {
    shared = folder.resolve("shm");
    var settings =
        new HostSettings(
            NODE,
            RunFolder.create(folder.resolve("r1")),
            shared,
            line -> {},
            new SharedMemoryGroups());
    runtime = new AgentRuntime(settings, null, NoticesHeldBack::new);
    runtime.start(events::add);
  }

  @AfterEach
  void close() {
    noticesMayCome.complete(null);
    runtime.close();
  }

  @Test
  void givenAWorkerIsKilled_whenTheExitNoticeIsYetToCome_thenItsEndIsToldOnce() throws Exception {
    kill(ready(List.of()));
    var end = await(AgentEvent.WorkerEnded.class);
    assertThat(end.exit()).isEqualTo(Exit.signal(9));
    assertThat(shared.resolve("n0-0.page")).doesNotExist();
    assertThat(shared.resolve("n0-0.group")).as("its children may still live").exists();
    close();
    assertThat(shared).doesNotExist();
    assertThat(events).doesNotHaveAnyElementsOfTypes(AgentEvent.WorkerEnded.class);
  }

  @Test
  void givenTheKilledWorkerSaidSomething_whenItsEndIsTold_thenItsWordsCameBefore()
      throws Exception {
    long pid = ready(List.of());
    runtime.perform(
        new AgentAction.OpenGroup(
            new AgentAction.GroupKey(1, 1, 0, SHARED_BYTES_PER_RANK), AgentAction.Span.NONE));
    runtime.perform(new AgentAction.Tell(WORKER, new ToWorker.Form(1, 0, 1, 0, 0, -1, List.of())));
    while (!(await(AgentEvent.Said.class).message() instanceof FromWorker.Stepped)) {
      // joined, restored
    }
    kill(pid);
    await(AgentEvent.Disconnected.class);
    await(AgentEvent.WorkerEnded.class);
  }

  @Test
  void givenAWorkerFails_whenItExits_thenOnlyTheNoticeTellsIt() throws Exception {
    launch(List.of("no such data file"));
    assertThat(await(AgentEvent.Said.class).message()).isInstanceOf(FromWorker.Failed.class);
    await(AgentEvent.Disconnected.class);
    noticesMayCome.complete(null);
    assertThat(await(AgentEvent.WorkerEnded.class).exit()).isEqualTo(Exit.code(1));
  }

  @Test
  void givenAWorkerIsStoppedInOrder_whenItExits_thenOnlyTheNoticeTellsIt() throws Exception {
    ready(List.of());
    runtime.perform(new AgentAction.Tell(WORKER, new ToWorker.Stop("operator")));
    await(AgentEvent.Disconnected.class);
    noticesMayCome.complete(null);
    assertThat(await(AgentEvent.WorkerEnded.class).exit()).isEqualTo(Exit.code(0));
  }

  @Test
  void givenAWorkerIsWatched_whenTheAgentCloses_thenItEndsInOrder() throws Exception {
    ready(List.of());
    noticesMayCome.complete(null);
    runtime.close();
    assertThat(shared).doesNotExist();
  }

  private static final long SHARED_BYTES_PER_RANK = 1 << 20;

  private long ready(List<String> arguments) throws Exception {
    launch(arguments);
    long pid = await(AgentEvent.WorkerStarted.class).pid();
    while (!(await(AgentEvent.Said.class).message() instanceof FromWorker.Ready)) {
      // nothing comes before it
    }
    return pid;
  }

  private void launch(List<String> arguments) {
    var worker =
        new JobSpec.WorkerSpec(
            true, ManagedProcess.command(arguments), Map.of(), Map.of(), SHARED_BYTES_PER_RANK);
    var job =
        new JobSpec(
            "job",
            9,
            1L << 40,
            1,
            1,
            0,
            true,
            3,
            10,
            0,
            0,
            1,
            1,
            new JobSpec.Hang(3, 1),
            List.of(),
            worker);
    runtime.perform(new AgentAction.LaunchProcess(WORKER, null, new RunId("r1"), job));
  }

  private static void kill(long pid) {
    assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
  }

  private <E extends AgentEvent> E await(Class<E> type) throws InterruptedException {
    while (true) {
      var event = events.take();
      if (type.isInstance(event)) {
        return type.cast(event);
      }
      assertThat(event).isNotInstanceOf(AgentEvent.WorkerEnded.class);
    }
  }

  /** A launcher whose notices of an end wait for the test. */
  private final class NoticesHeldBack implements WorkerLauncher {
    private final WorkerLauncher launcher;

    NoticesHeldBack(WorkerLauncher launcher) {
      this.launcher = launcher;
    }

    @Override
    public void start(LaunchSpec spec, Listener listener) {
      launcher.start(
          spec,
          new Listener() {
            @Override
            public void started(long pid) {
              listener.started(pid);
            }

            @Override
            public void startFailed(String reason) {
              listener.startFailed(reason);
            }

            @Override
            public void ended(Exit exit, long noticedNs) {
              noticesMayCome.join();
              listener.ended(exit, noticedNs);
            }
          });
    }

    @Override
    public void terminate(long pid) {
      launcher.terminate(pid);
    }

    @Override
    public void kill(long pid) {
      launcher.kill(pid);
    }

    @Override
    public void lease(long leftMs) {
      launcher.lease(leftMs);
    }

    @Override
    public void close() {
      launcher.close();
    }
  }
}
