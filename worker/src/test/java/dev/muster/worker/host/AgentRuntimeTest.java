package dev.muster.worker.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.local.ControlPage;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.run.RunFolder;
import dev.muster.worker.agent.AgentAction;
import dev.muster.worker.agent.AgentAction.Signal.Kind;
import dev.muster.worker.agent.AgentEvent;
import dev.muster.worker.agent.Reading;
import dev.muster.worker.local.LocalClient;
import dev.muster.worker.process.ProcessStat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Actions in, events out, with real processes. The test itself plays the managed workers' end of
 * the socket.
 */
@Timeout(60)
class AgentRuntimeTest {
  private static final NodeId NODE = new NodeId("n0");
  private static final WorkerId WORKER = new WorkerId(NODE, 0);
  private static final RunId RUN = new RunId("r1");

  @TempDir Path folder;
  private final BlockingQueue<AgentEvent> events = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> console = new LinkedBlockingQueue<>();
  private final List<String> revoked = new ArrayList<>();
  private RunFolder run;
  private Path shared;
  private AgentRuntime runtime;

  private final Groups groups =
      new Groups() {
        @Override
        public Communicator join(Spec spec, int rank) {
          throw new UnsupportedOperationException();
        }

        @Override
        public GroupMonitor monitor(Spec spec) {
          return new RecordedMonitor(spec);
        }

        @Override
        public void revokeOlder(Spec spec, String reason) {}

        @Override
        public void remove(Spec spec) {}
      };

  private final class RecordedMonitor implements GroupMonitor {
    private final Groups.Spec spec;

    RecordedMonitor(Groups.Spec spec) {
      this.spec = spec;
    }

    @Override
    public long revoke(String reason) {
      revoked.add(spec.generation() + " " + reason);
      return 41;
    }

    @Override
    public boolean revoked() {
      return false;
    }

    @Override
    public long committedStep() {
      return 41;
    }

    @Override
    public long[] arrivals() {
      return new long[] {8, 7};
    }

    @Override
    public void close() {}
  }

  @BeforeEach
  void open() throws IOException {
    run = RunFolder.create(folder.resolve("r1"));
    shared = folder.resolve("shm");
    runtime = new AgentRuntime(new HostSettings(NODE, run, shared, console::add, groups));
    runtime.start(events::add);
    next(AgentEvent.Started.class);
  }

  @AfterEach
  void close() {
    runtime.close();
  }

  private <E extends AgentEvent> E next(Class<E> type) {
    try {
      return type.cast(events.poll(30, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError("no event came: expected=" + type, e);
    }
  }

  private static JobSpec job(boolean managed, String... command) {
    var spec =
        new JobSpec.WorkerSpec(
            managed, List.of(command), Map.of("EXTRA", "x"), Map.of("lr", "1"), 1 << 20);
    return new JobSpec(
        "job", 9, 100, 2, 2, 0, true, 3, 10, 0, 0, 1, 1, new JobSpec.Hang(3, 1), List.of(), spec);
  }

  private long launched() {
    runtime.perform(new AgentAction.LaunchProcess(WORKER, null, RUN, job(true, "sleep", "1000")));
    return next(AgentEvent.WorkerStarted.class).pid();
  }

  private static Map<String, String> environment(long pid) throws IOException {
    var all = new TreeMap<String, String>();
    String text;
    do { // empty for a moment while setsid replaces itself by the command
      text = Files.readString(Path.of("/proc/" + pid + "/environ"));
    } while (text.isEmpty());
    Arrays.stream(text.split("\0"))
        .filter(e -> e.contains("="))
        .forEach(e -> all.put(e.substring(0, e.indexOf('=')), e.substring(e.indexOf('=') + 1)));
    return all;
  }

  private LocalClient connected(long pid) throws Exception {
    var variables = environment(pid);
    var client = new LocalClient(Path.of(variables.get("MUSTER_SOCKET")));
    client.say(
        new FromWorker.Hello(
            1, variables.get("MUSTER_WORKER"), variables.get("MUSTER_TOKEN"), pid, 0));
    return client;
  }

  @Test
  void givenManagedWorker_whenItSaysItsToken_thenItIsWelcomedAndHeard() throws Exception {
    long pid = launched();
    try (var client = connected(pid)) {
      var welcome = (ToWorker.Welcome) client.hear();
      assertThat(welcome.seed()).isEqualTo(9);
      assertThat(welcome.settings()).containsEntry("lr", "1");
      next(AgentEvent.Connected.class);
      client.say(new FromWorker.Ready("tokens"));
      assertThat(next(AgentEvent.Said.class).message()).isEqualTo(new FromWorker.Ready("tokens"));
      runtime.perform(new AgentAction.Tell(WORKER, new ToWorker.Stop("bye")));
      assertThat(client.hear()).isEqualTo(new ToWorker.Stop("bye"));
    }
    next(AgentEvent.Disconnected.class);
  }

  @Test
  void givenLastWordsInTheSocket_whenTheProcessEnds_thenTheyComeBeforeItsEnd() throws Exception {
    long pid = launched();
    var client = connected(pid);
    client.hear();
    next(AgentEvent.Connected.class);
    runtime.perform(new AgentAction.Signal(WORKER, Kind.KILL));
    client.say(new FromWorker.Failed(1, 2, "boom"));
    client.close();
    assertThat(next(AgentEvent.Said.class).message())
        .isEqualTo(new FromWorker.Failed(1, 2, "boom"));
    next(AgentEvent.Disconnected.class);
    assertThat(next(AgentEvent.WorkerEnded.class).exit()).hasToString("SIGKILL");
    assertThat(shared.resolve("n0-0.page")).doesNotExist();
  }

  @Test
  void givenAWorkerWithoutALifeSign_whenKilled_thenTheExitNoticeTellsItsEnd() throws Exception {
    long pid = launched();
    var client = connected(pid);
    client.hear();
    next(AgentEvent.Connected.class);
    client.say(new FromWorker.Ready("tokens"));
    next(AgentEvent.Said.class);
    runtime.perform(new AgentAction.Signal(WORKER, Kind.KILL));
    client.close();
    next(AgentEvent.Disconnected.class);
    assertThat(next(AgentEvent.WorkerEnded.class).exit()).hasToString("SIGKILL");
    runtime.close();
    assertThat(events).isEmpty();
  }

  @Test
  void givenPlainCommand_whenLaunched_thenItHasTorchrunsEnvironmentAndItsLinesAreNamed()
      throws Exception {
    var place = new ToAgent.Place(new Generation(4), 1, 2, 1, 2, 0, 1, 3, "");
    var command =
        job(
            false,
            "sh",
            "-c",
            "echo $RANK $LOCAL_RANK $WORLD_SIZE $LOCAL_WORLD_SIZE $GROUP_RANK $GROUP_WORLD_SIZE"
                + " $ROLE_RANK $ROLE_WORLD_SIZE $ROLE_NAME $TORCHELASTIC_RESTART_COUNT"
                + " $TORCHELASTIC_MAX_RESTARTS $TORCHELASTIC_RUN_ID $MASTER_ADDR $OMP_NUM_THREADS"
                + " $EXTRA; exit 4");
    runtime.perform(new AgentAction.LaunchProcess(WORKER, place, RUN, command));
    next(AgentEvent.WorkerStarted.class);
    assertThat(next(AgentEvent.WorkerEnded.class).exit().code()).isEqualTo(4);
    assertThat(console.poll(30, TimeUnit.SECONDS))
        .isEqualTo("[1/n0/0] 1 1 2 2 0 1 1 2 default 3 3 r1 127.0.0.1 1 x");
    assertThat(run.logs(WORKER).resolve("stdout.log")).isNotEmptyFile();
  }

  @Test
  void givenNoSuchProgram_whenLaunched_thenStartFailedNamesIt() {
    runtime.perform(new AgentAction.LaunchProcess(WORKER, null, RUN, job(true, "no-such-program")));
    assertThat(next(AgentEvent.StartFailed.class).reason()).contains("no-such-program");
  }

  @Test
  void givenArmedFault_whenTheStepStarts_thenFiredComesFirstAndTheWorkerIsKilled()
      throws Exception {
    launched();
    runtime.perform(new AgentAction.ArmFaults(List.of(new AgentAction.Trap(WORKER, 2, 0, 50))));
    try (var page = ControlPage.open(shared.resolve("n0-0.page"))) {
      page.generation(2);
      page.stepInFlight(49);
      page.phase(ControlPage.Phase.COMPUTING);
      page.stepInFlight(50);
      var fired = next(AgentEvent.FaultFired.class);
      assertThat(List.of(fired.step(), (long) fired.rank())).containsExactly(50L, 0L);
      assertThat(next(AgentEvent.WorkerEnded.class).noticedNs() - fired.atNs()).isPositive();
    }
  }

  @Test
  void givenLeaseAndRevoke_whenPerformed_thenPagesAndGroupSayIt() throws Exception {
    launched();
    runtime.perform(new AgentAction.RenewLease(System.nanoTime() + TimeUnit.HOURS.toNanos(1)));
    var key = new AgentAction.GroupKey(3, 2, 0, 1 << 20);
    runtime.perform(new AgentAction.OpenGroup(key, AgentAction.Span.NONE));
    runtime.perform(new AgentAction.RevokeGroup(key, List.of(WORKER), "lost"));
    assertThat(next(AgentEvent.GroupRevoked.class)).isEqualTo(new AgentEvent.GroupRevoked(3, 41));
    assertThat(revoked).containsExactly("3 lost");
    try (var page = ControlPage.open(shared.resolve("n0-0.page"))) {
      assertThat(page.revokedGeneration()).isEqualTo(3);
      assertThat(page.leaseDeadlineNs()).isGreaterThan(System.nanoTime());
    }
  }

  @Test
  void givenStoppedWorker_whenLookedAt_thenTheProcessAndArrivalsShow() throws Exception {
    long pid = launched();
    runtime.perform(
        new AgentAction.OpenGroup(
            new AgentAction.GroupKey(3, 2, 0, 1 << 20), AgentAction.Span.NONE));
    new ProcessBuilder("kill", "-STOP", Long.toString(pid)).start().waitFor();
    AgentEvent.Looked looked;
    do { // the signal is delivered some time after kill returns
      runtime.perform(new AgentAction.Look(Reading.Purpose.HANG, List.of(WORKER)));
      looked = next(AgentEvent.Looked.class);
    } while (!looked.readings().getFirst().stopped());
    assertThat(looked.arrivals()).containsExactly(8L, 7L);
  }

  @Test
  void givenAgentRuns_whenAnotherTakesItsName_thenItIsRefused() {
    assertThatThrownBy(
            () -> new AgentRuntime(new HostSettings(NODE, run, shared, console::add, groups)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("pid=" + ProcessHandle.current().pid());
  }

  @Test
  void givenWorkers_whenExitIsPerformed_thenAllIsEndedAndRemoved() throws Exception {
    launched();
    runtime.perform(new AgentAction.Exit(75, "no master"));
    assertThat(runtime.done().get()).isEqualTo(75);
    assertThat(run.agent(NODE)).doesNotExist();
    assertThat(shared).doesNotExist();
  }

  @Test
  void givenAnotherAgentOfTheRunLives_whenThisOneExits_thenTheSharedFolderStays() throws Exception {
    Files.createFile(shared.resolve("n1.sock"));
    Files.createFile(shared.resolve("dp-g1.ctl"));
    runtime.close();
    assertThat(shared.resolve("dp-g1.ctl")).exists();
    assertThat(shared.resolve("n0.sock")).doesNotExist();
  }

  @Test
  void givenAFormerAgentLeftAWorker_whenTheNextStarts_thenItIsKilledAndItsPageRemoved()
      throws Exception {
    Process orphan = new ProcessBuilder("setsid", "sh", "-c", "echo; exec sleep 1000").start();
    assertThat(orphan.getInputStream().read()).isEqualTo('\n'); // it leads its group by now
    sweepsAway(orphan);
  }

  @Test
  void givenALeftoverWorkerWithoutAGroupYet_whenTheNextAgentStarts_thenItIsKilledAllTheSame()
      throws Exception {
    sweepsAway(new ProcessBuilder("sleep", "1000").start());
  }

  private void sweepsAway(Process orphan) throws Exception {
    runtime.close();
    Files.createDirectories(shared);
    long start = ProcessStat.of(orphan.pid()).orElseThrow().startTicks();
    Files.writeString(shared.resolve("n0-7.group"), orphan.pid() + " " + start);
    ControlPage.create(shared.resolve("n0-7.page")).close();
    runtime = new AgentRuntime(new HostSettings(NODE, run, shared, console::add, groups));
    assertThat(orphan.waitFor()).isEqualTo(128 + 9);
    assertThat(shared.resolve("n0-7.page")).doesNotExist();
  }
}
