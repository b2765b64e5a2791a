package dev.muster.worker.host;

import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.bulk.BulkTransport;
import dev.muster.collectives.shared.SharedMemoryGroups;
import dev.muster.protocol.Exit;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.LocalMessage;
import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.TrainerFactory;
import dev.muster.worker.agent.AgentAction;
import dev.muster.worker.agent.AgentEvent;
import dev.muster.worker.agent.Reading;
import dev.muster.worker.local.LocalServer;
import dev.muster.worker.process.DeathWatch;
import dev.muster.worker.process.LaunchSpec;
import dev.muster.worker.process.OutputFollower;
import dev.muster.worker.process.ProcessLauncher;
import dev.muster.worker.process.ProcessStat;
import dev.muster.worker.process.WardenLink;
import dev.muster.worker.process.WorkerLauncher;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Everything of one agent that touches the host: processes, their socket and pages, groups, the
 * warden. Performs {@link AgentAction}s and posts {@link AgentEvent}s.
 *
 * <p>{@link #perform} is called by one thread (the agent's actor) and never blocks; the sink is
 * called from several threads, also from within perform, so it must queue.
 */
public final class AgentRuntime implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AgentRuntime.class);
  private static final int TOKEN_BYTES = 32;
  private static final long LAST_WORDS_MS = 500;
  private static final long VOTES_POLL_MS = 1;

  private final HostSettings settings;
  private final AgentClaim claim;
  private final Pages pages;
  private final OpenGroups groups;
  private final FlightLog flights;
  private final Checkpoints checkpoints;
  private final WorkerEnvironment environment;
  private final GroupStore store;
  private final OutputFollower output;
  private final WorkerLauncher launcher;
  private final ConsumersDoor consumers;
  private final LocalServer server;
  private final Path socket;
  private final ScheduledExecutorService looks =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("agent-looks").factory());
  private final FaultTraps traps = new FaultTraps(looks, this::page, this::spring);
  private final Map<WorkerId, Running> running = new ConcurrentHashMap<>();
  private final Map<WorkerId, Integer> ranks = new ConcurrentHashMap<>();
  private final CompletableFuture<Integer> done = new CompletableFuture<>();
  private final SecureRandom random = new SecureRandom();
  private volatile Consumer<AgentEvent> sink = e -> {};
  private volatile boolean exiting;
  private boolean closed;

  /** One worker process. The pid is 0 until it runs; a signal that comes earlier is kept. */
  private static final class Running {
    final ToWorker.Welcome welcome;
    final String token;
    long pid;
    AgentAction.Signal.Kind pending;
    boolean connected;
    boolean ending; // one end is enough, the early one or the exit notice
    Watch watch;
    Runnable end; // what to tell once its connection is read to the end
    Path plainLogs; // of a plain command, whose last words are in files; else null

    Running(ToWorker.Welcome welcome, String token) {
      this.welcome = welcome;
      this.token = token;
    }
  }

  /**
   * Claims the node, sweeps what a former agent and killed runs left, listens for workers.
   *
   * @throws IOException another agent of this name lives, or the folders or the socket cannot be
   *     made (definite)
   */
  public AgentRuntime(HostSettings settings) throws IOException {
    this(settings, null);
  }

  /**
   * With workers that are threads of this JVM instead of processes: no warden, nothing outside to
   * guard them from.
   */
  public AgentRuntime(HostSettings settings, TrainerFactory embedded) throws IOException {
    this(settings, embedded, UnaryOperator.identity());
  }

  /**
   * @param around puts something between this and its launcher, for tests
   */
  AgentRuntime(HostSettings settings, TrainerFactory embedded, UnaryOperator<WorkerLauncher> around)
      throws IOException {
    this.settings = settings;
    var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    Files.createDirectories(settings.shared(), mode);
    Files.createDirectories(
        settings.folder().samples(), mode); // a run that was made on another host
    this.claim = AgentClaim.take(settings.folder(), settings.node(), settings.shared());
    Leftovers.sweep(settings.shared());
    this.pages = new Pages(settings.shared());
    this.groups = new OpenGroups(settings.node(), settings.groups(), settings.shared());
    this.flights = new FlightLog(settings.folder().flights(settings.node()));
    this.checkpoints = new Checkpoints(settings.node(), settings.shared(), settings.folder());
    this.environment = new WorkerEnvironment(System.getenv());
    this.store =
        new GroupStore(
            settings.ranks() == null ? null : settings.ranks().address(), this::rankOfProcess);
    this.socket = settings.shared().resolve(settings.node() + ".sock");
    Files.createDirectories(settings.folder().agents(), mode);
    this.consumers =
        new ConsumersDoor(
            settings.node(),
            settings.folder().run().name(),
            socket,
            HexFormat.of().formatHex(randomBytes()),
            settings.folder().consumerPass(settings.node()));
    this.server = new LocalServer(socket, new WorkersDoor());
    this.output =
        new OutputFollower((name, line) -> settings.console().accept(prefix(name) + line));
    if (embedded == null) {
      Path agents = settings.folder().agents();
      var warden =
          new WardenLink(
              agents.resolve(settings.node() + ".lease.log"),
              agents.resolve(settings.node() + ".warden.log"));
      this.launcher = around.apply(new ProcessLauncher(output, warden));
    } else {
      this.launcher =
          around.apply(
              new ThreadLauncher(
                  embedded, settings.groups(), id -> server.hangUp(id, "ended by the agent")));
    }
  }

  private String prefix(String worker) {
    Integer rank = ranks.get(WorkerId.parse(worker));
    return "[" + (rank == null ? "-" : rank) + "/" + worker + "] ";
  }

  /**
   * From now on other agents push snapshots to this one and fetch them; the transport is closed
   * with this.
   *
   * @return HOST:PORT, for the registration
   * @throws IOException cannot listen there
   */
  public String servePeers(BulkTransport transport, InetSocketAddress address) throws IOException {
    return checkpoints.serve(transport, address, settings.folder().run().name(), settings.node());
  }

  /** From now on events are posted; the first is {@link AgentEvent.Started}. */
  public void start(Consumer<AgentEvent> events) {
    sink = events;
    events.accept(new AgentEvent.Started());
  }

  /**
   * Exit code for the agent's process, once {@link AgentAction.Exit} was performed and everything
   * is closed.
   */
  public CompletableFuture<Integer> done() {
    return done;
  }

  /**
   * @param action one of {@link AgentAction}
   */
  public void perform(Effects.Action action) {
    if (exiting) {
      return; // the core's timers go on until its actor ends
    }
    switch ((AgentAction) action) {
      case AgentAction.LaunchProcess a -> launch(a);
      case AgentAction.Signal a -> signal(a.worker(), a.kind());
      case AgentAction.Tell a -> tell(a.worker(), a.message());
      case AgentAction.OpenGroup a -> groups.open(a.group(), a.span());
      case AgentAction.RevokeGroup a -> revoke(a);
      case AgentAction.RemoveGroup a -> groups.remove(a.group());
      case AgentAction.RenewLease a -> renew(a.deadlineNs());
      case AgentAction.Look a -> look(a);
      case AgentAction.ArmFaults a -> traps.arm(a.traps());
      case AgentAction.OpenStore a -> looks.execute(() -> store.open(a, sink));
      case AgentAction.CloseStore a -> looks.execute(() -> store.close(a.generation()));
      case AgentAction.LookAtStore a -> looks.execute(() -> store.look(a.generation(), sink));
      case AgentAction.Persist a -> checkpoints.persist(a, sink);
      case AgentAction.CommitCheckpoint a -> checkpoints.commit(a, sink);
      case AgentAction.Salvage a -> checkpoints.salvage(a, sink);
      case AgentAction.Push a -> checkpoints.push(a, sink);
      case AgentAction.FetchSnapshots a -> checkpoints.fetch(a.order(), sink);
      case AgentAction.ListCheckpoints a -> checkpoints.list(a.job(), sink);
      case AgentAction.SweepCopies a -> checkpoints.sweepCopies(a.beforeGeneration());
      case AgentAction.SweepSnapshots a -> checkpoints.sweep(a.keep());
      case AgentAction.Exit a -> exit(a);
    }
  }

  private void launch(AgentAction.LaunchProcess a) {
    WorkerId id = a.worker();
    var job = a.job();
    checkpoints.of(job);
    String token = HexFormat.of().formatHex(randomBytes());
    Running worker = new Running(welcome(a), token);
    worker.watch = new Watch(id, worker);
    try {
      pages.create(id);
    } catch (IOException e) {
      sink.accept(
          new AgentEvent.StartFailed(
              id, "cannot make control page: file=" + pages.file(id) + " cause=" + e));
      return;
    }
    running.put(id, worker);
    if (a.place() != null) {
      ranks.put(id, a.place().rank());
    }
    var logs = settings.folder().logs(id);
    var variables =
        job.worker().managed() || a.place() == null
            ? environment.managed(a.run(), id, socket, token, job)
            : environment.plain(a.run(), id, a.place(), logs, job);
    worker.plainLogs = job.worker().managed() ? null : logs;
    var spec = new LaunchSpec(id.toString(), job.worker().command(), variables, logs);
    launcher.start(spec, worker.watch);
  }

  private byte[] randomBytes() {
    byte[] bytes = new byte[TOKEN_BYTES];
    random.nextBytes(bytes);
    return bytes;
  }

  private ToWorker.Welcome welcome(AgentAction.LaunchProcess a) {
    return new ToWorker.Welcome(
        LocalMessage.VERSION,
        a.run().name(),
        pages.file(a.worker()).toString(),
        settings.shared().toString(),
        settings.folder().samples(a.worker()).toString(),
        a.job().seed(),
        a.job().steps(),
        a.job().worker().sharedBytesPerRank(),
        a.job().worker().settings(),
        checkpoints.snapshots(),
        checkpoints.storage(),
        a.job().data().leased() ? ToWorker.Welcome.LEASED : ToWorker.Welcome.STEP,
        a.job().data().leased() ? a.job().data().rangeSize() : null,
        settings.ranks() == null ? null : settings.ranks().address().getHostAddress(),
        settings.ranks() == null ? null : settings.ranks().key(),
        a.job().worker().gpus() == JobSpec.Gpus.OFF ? null : a.job().worker().gpus().word());
  }

  private void signal(WorkerId id, AgentAction.Signal.Kind kind) {
    Running worker = running.get(id);
    if (worker == null) {
      return;
    }
    synchronized (worker) {
      if (worker.pid == 0) {
        worker.pending = kind;
      } else if (kind == AgentAction.Signal.Kind.TERM) {
        launcher.terminate(worker.pid);
      } else {
        launcher.kill(worker.pid);
      }
    }
  }

  private void tell(WorkerId id, ToWorker message) {
    if (message instanceof ToWorker.Form form) {
      ranks.put(id, form.rank());
      send(id, groups.complete(form));
    } else {
      send(id, message);
    }
  }

  private void send(WorkerId id, ToWorker message) {
    if (!server.send(id, message)) {
      LOG.info(
          "message not delivered, the worker is not connected: worker={} message={}", id, message);
    }
  }

  private void revoke(AgentAction.RevokeGroup a) {
    long generation = a.group().generation();
    a.members().forEach(m -> pages.revoke(m, generation));
    end(a);
  }

  /** Until this host knows what became of the step in flight, or for good does not. */
  private void end(AgentAction.RevokeGroup a) {
    groups.tryRevoke(a.group(), a.reason()).ifPresentOrElse(end -> ended(a, end), () -> endSoon(a));
  }

  private void endSoon(AgentAction.RevokeGroup a) {
    try {
      looks.schedule(() -> end(a), VOTES_POLL_MS, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException closing) {
      LOG.debug("closing, the end of a group is not told: generation={}", a.group().generation());
    }
  }

  private void ended(AgentAction.RevokeGroup a, GroupMonitor.End end) {
    sink.accept(
        new AgentEvent.GroupRevoked(
            a.group().generation(), end.committedStep(), checkpoints.census(), end.inDoubt()));
    LOG.info(
        "group ended: generation={} committedStep={} inDoubt={} reason={}",
        a.group().generation(),
        end.committedStep(),
        end.inDoubt(),
        groups.reason(a.group()));
    keepRecordings(a.group(), a.reason());
  }

  /** Not before the revoke, nor on the way of what follows. */
  private void keepRecordings(AgentAction.GroupKey group, String reason) {
    try {
      looks.execute(() -> {
        var standings = groups.standings(group);
        flights.keep(group, reason, standings, groups.recordings(group, FlightLog.CALLS));
        sink.accept(
            new AgentEvent.FlightRecorded(group.generation(), groups.reason(group), standings));
      });
    } catch (RejectedExecutionException closing) {
      LOG.debug("closing, recordings are not kept: generation={}", group.generation());
    }
  }

  private void renew(long deadlineNs) {
    pages.lease(deadlineNs);
    launcher.lease((deadlineNs - System.nanoTime()) / 1_000_000);
  }

  private void look(AgentAction.Look a) {
    if (a.purpose() == Reading.Purpose.HANG) {
      looks.execute(() ->
          sink.accept(
              new AgentEvent.Looked(
                  a.purpose(),
                  a.workers().stream()
                      .flatMap(w -> page(w).stream())
                      .map(this::withProcess)
                      .toList(),
                  groups.arrivals(),
                  List.of(),
                  groups.standings()))); // reads /proc, which may take a while
    } else {
      sink.accept(
          new AgentEvent.Looked(
              a.purpose(),
              a.workers().stream().flatMap(w -> page(w).stream()).toList(),
              List.of(),
              a.purpose() == Reading.Purpose.REGISTER ? checkpoints.census() : List.of()));
    }
  }

  private Optional<Reading> page(WorkerId id) {
    return pages.read(id);
  }

  private Reading withProcess(Reading page) {
    Running worker = running.get(page.worker());
    long pid = worker == null ? 0 : pidOf(worker);
    boolean stopped = pid != 0 && ProcessStat.of(pid).map(ProcessStat::stopped).orElse(false);
    return page.withProcess(pid == 0 ? 0 : ProcessStat.starvedNs(pid), stopped);
  }

  private static long pidOf(Running worker) {
    synchronized (worker) {
      return worker.pid;
    }
  }

  /** Of a worker, or of a process that one has started. */
  private OptionalInt rankOfProcess(int pid) {
    long group = ProcessStat.of(pid).map(ProcessStat::group).orElse(0L);
    return running.entrySet().stream()
        .filter(e -> group != 0 && (pidOf(e.getValue()) == group || pidOf(e.getValue()) == pid))
        .map(e -> ranks.get(e.getKey()))
        .filter(Objects::nonNull)
        .mapToInt(Integer::intValue)
        .findFirst();
  }

  private void spring(AgentAction.Trap trap) {
    sink.accept(
        new AgentEvent.FaultFired(trap.worker(), trap.rank(), trap.step(), System.nanoTime()));
    signal(trap.worker(), AgentAction.Signal.Kind.KILL);
  }

  private void exit(AgentAction.Exit a) {
    exiting = true;
    LOG.atLevel(a.code() == 0 ? Level.INFO : Level.WARN)
        .log("agent ends: code={} reason={}", a.code(), a.reason());
    Thread.ofPlatform()
        .name("agent-exit")
        .start(() -> {
          try {
            close();
            done.complete(a.code());
          } catch (RuntimeException e) {
            LOG.error("agent did not end cleanly", e);
            done.complete(Math.max(1, a.code()));
          }
        });
  }

  /**
   * Kills what still runs, waits for it, removes what this agent made in the shared folder.
   * Idempotent.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    looks.shutdownNow();
    store.close();
    launcher.close();
    checkpoints.close();
    output.close();
    groups.close();
    try {
      server.close();
      for (WorkerId id : List.copyOf(running.keySet())) {
        pages.remove(id);
      }
      claim.close();
      leaveShared();
    } catch (IOException e) {
      LOG.warn("cannot clean up: shared={}", settings.shared(), e);
    }
  }

  /**
   * The last agent of the run on this host takes the folder along; the socket of each is there
   * while it lives.
   */
  private void leaveShared() throws IOException {
    if (!Files.isDirectory(settings.shared())) {
      return;
    }
    try (var sockets = Files.newDirectoryStream(settings.shared(), "*.sock")) {
      if (sockets.iterator().hasNext()) {
        return;
      }
    }
    SharedMemoryGroups.sweep(settings.shared());
    try {
      Files.deleteIfExists(settings.shared());
    } catch (DirectoryNotEmptyException inUse) {
      LOG.info(
          "the shared folder stays, somebody else has files in it: folder={}", settings.shared());
    }
  }

  /** Its life sign, should it give one, is in its page by now. */
  private void watchForDeath(WorkerId id) {
    Running worker = running.get(id);
    if (worker != null) {
      DeathWatch.start(pages.file(id), pidOf(worker), worker.watch);
    }
  }

  /** Once, whoever comes first. */
  private static void tellEnd(Running worker) {
    Runnable end;
    synchronized (worker) {
      end = worker.end;
      worker.end = null;
    }
    if (end != null) {
      end.run();
    }
  }

  /** What becomes of one process. */
  private final class Watch implements WorkerLauncher.Listener, DeathWatch.Listener {
    private final WorkerId id;
    private final Running worker;

    Watch(WorkerId id, Running worker) {
      this.id = id;
      this.worker = worker;
    }

    @Override
    public void started(long pid) {
      AgentAction.Signal.Kind pending;
      synchronized (worker) {
        worker.pid = pid;
        pending = worker.pending;
      }
      try {
        pages.remember(id, pid);
      } catch (IOException e) {
        LOG.warn("cannot note the process of a worker: worker={} pid={}", id, pid, e);
      }
      sink.accept(new AgentEvent.WorkerStarted(id, pid));
      if (pending != null) {
        signal(id, pending);
      }
    }

    @Override
    public void startFailed(String reason) {
      forget();
      sink.accept(new AgentEvent.StartFailed(id, reason));
    }

    /** Its last words (finished, failed) may still be in the socket: they come first. */
    @Override
    public void ended(Exit exit, long noticedNs) {
      try {
        pages.forget(id);
      } catch (IOException e) {
        LOG.warn("cannot forget the process of a worker: worker={}", id, e);
      }
      end(exit, noticedNs);
    }

    /**
     * The kernel closes its socket only after its memory is gone; what its step thread said is in
     * it already, and nobody else there says anything.
     */
    @Override
    public void dying(Exit exit, long noticedNs) {
      end(exit, noticedNs);
      server.hearOut(id);
    }

    private void end(Exit exit, long noticedNs) {
      Runnable end =
          () -> {
            long applied = forget();
            tellLastWords(exit);
            sink.accept(new AgentEvent.WorkerEnded(id, exit, noticedNs, applied));
          };
      synchronized (worker) {
        if (worker.ending) {
          return;
        }
        worker.ending = true;
        if (worker.connected) {
          worker.end = end;
          later(worker);
          return;
        }
      }
      end.run();
    }

    private void tellLastWords(Exit exit) {
      var words = worker.plainLogs == null ? "" : LastWords.of(worker.plainLogs, exit);
      if (!words.isEmpty()) {
        sink.accept(new AgentEvent.Said(id, new FromWorker.Failed(0, -1, words)));
      }
    }

    /** Should somebody else hold the socket open, the end is told without them. */
    private void later(Running of) {
      try {
        looks.schedule(() -> tellEnd(of), LAST_WORDS_MS, TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException closing) {
        LOG.debug("closing, the end of a worker is not told: worker={}", id);
      }
    }

    private long forget() {
      try {
        return pages.remove(id);
      } catch (IOException e) {
        LOG.warn("cannot remove control page: worker={}", id, e);
        return 0;
      } finally {
        running.remove(id); // last: whoever closes takes the folder along, and looks here before
      }
    }
  }

  /** Lets in the workers that this agent started. */
  private final class WorkersDoor implements LocalServer.Door {
    @Override
    public ToWorker.Welcome admit(WorkerId id, FromWorker.Hello hello)
        throws LocalServer.RefusedException {
      if (consumers.admits(id, hello)) {
        return consumers.welcome();
      }
      Running worker = running.get(id);
      if (worker == null
          || !MessageDigest.isEqual(
              worker.token.getBytes(StandardCharsets.UTF_8),
              String.valueOf(hello.token()).getBytes(StandardCharsets.UTF_8))) {
        throw new LocalServer.RefusedException(
            "unknown worker or wrong token: worker=" + id + " pid=" + hello.pid());
      }
      return worker.welcome;
    }

    @Override
    public void connected(WorkerId worker) {
      if (worker.consumer()) {
        return;
      }
      Running process = running.get(worker);
      if (process != null) {
        synchronized (process) {
          process.connected = true;
        }
      }
      sink.accept(new AgentEvent.Connected(worker));
    }

    @Override
    public void said(WorkerId worker, FromWorker message) {
      if (worker.consumer() && !(message instanceof FromWorker.DatasetRequest)) {
        LOG.warn("ignored, a consumer takes ranges only: consumer={} message={}", worker, message);
        return;
      }
      if (message instanceof FromWorker.Ready) {
        watchForDeath(worker);
      }
      sink.accept(new AgentEvent.Said(worker, message));
    }

    @Override
    public void disconnected(WorkerId worker, String reason) {
      if (worker.consumer()) {
        sink.accept(new AgentEvent.Said(worker, ConsumersDoor.left()));
        return;
      }
      sink.accept(new AgentEvent.Disconnected(worker, reason));
      Running process = running.get(worker);
      if (process != null) {
        synchronized (process) {
          process.connected = false;
        }
        tellEnd(process);
      }
    }
  }
}
