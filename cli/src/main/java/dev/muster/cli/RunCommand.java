package dev.muster.cli;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;

import dev.muster.cli.console.Header;
import dev.muster.cli.console.Screen;
import dev.muster.cli.process.AttemptFolders;
import dev.muster.cli.process.Interrupts;
import dev.muster.cli.process.RunProcesses;
import dev.muster.cli.process.RunSession;
import dev.muster.cli.process.RunsDirectory;
import dev.muster.cli.process.ServiceCommands;
import dev.muster.cli.torchrun.TorchrunFlags;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import dev.muster.protocol.run.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code muster run}. */
@Command(
    name = "run",
    description = {
      "Train with one worker process per rank; a worker that dies is replaced and training goes"
          + " on.",
      "Without COMMAND the shipped GPT is trained. Everything after the first word that is no flag"
          + " belongs to COMMAND;",
      "it finds RANK, LOCAL_RANK and WORLD_SIZE in its environment."
    },
    footer = {
      "",
      "Examples:",
      "  muster run                                     the shipped GPT, 4 workers",
      "  muster run --fail rank=2@step=50               the same, and a worker is killed on the"
          + " way",
      "  muster run --workers 4 --min-workers 2 --no-replace --fail rank=3@step=20",
      "  muster run --nproc-per-node 2 train.py --lr 0.1  a script, as torchrun starts it",
      "  muster run --resume 20261121-093000-1f3a       after the master was lost, or a"
          + " failure",
      "",
      "Ctrl-C stops at the next step, a second one kills.",
      "Exit codes: 0 success, 1 training failed, 2 usage or configuration, 75 requeue me,",
      "93 do not requeue, 128+n ended by signal n."
    })
final class RunCommand implements Callable<Integer> {
  private static final long MASTER_START_NS = TimeUnit.SECONDS.toNanos(60);

  @Mixin private HelpOption help;
  @Mixin private JobFlags flags = new JobFlags();
  @Mixin private TorchrunFlags torchrun = new TorchrunFlags();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "A job in HOCON; flags win over it.")
  private Path config;

  @Option(
      names = "--run-dir",
      paramLabel = "DIR",
      description = "The run folder, new. Default: runs/<run-id>.")
  private Path runDir;

  @Option(
      names = "--resume",
      paramLabel = "RUN",
      description = "Go on with a run whose master was lost, or that failed or was stopped.")
  private String resume;

  @Option(
      names = "--agents",
      paramLabel = "N",
      description = "Node agents on this host. 0 waits for agents from elsewhere. Default: 1.")
  private Integer agents;

  @Option(
      names = "--apart",
      description =
          "Each agent stands for a host of its own: between them ranks meet over TCP, not in shared"
              + " memory.")
  private boolean apart;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      converter = HostPort.Converter.class,
      description = "Where agents join. Default: 127.0.0.1:0, any port.")
  private HostPort listen;

  @Parameters(
      arity = "0..*",
      paramLabel = "COMMAND",
      description = "Program and arguments of one rank.")
  private List<String> command = List.of();

  private final Screen screen;
  private final ServiceCommands services;
  private final RunsDirectory runs;

  RunCommand() {
    this(Screen.standard(), ServiceCommands.own(), RunsDirectory.standard());
  }

  /** With stand-ins for tests. */
  RunCommand(Screen screen, ServiceCommands services, RunsDirectory runs) {
    this.screen = screen;
    this.services = services;
    this.runs = runs;
  }

  @Override
  public Integer call() throws Exception {
    return resume == null ? start() : resume();
  }

  /** The effective configuration of these flags. */
  JobFile job() {
    var overrides = new LinkedHashMap<>(torchrun.overrides());
    overrides.putAll(flags.overrides(torchrun.command(command)));
    if (agents != null && agents > 0) {
      overrides.putIfAbsent(
          "muster.agents.count", agents.toString()); // the master spreads the workers over them
    }
    return JobFile.of(config, overrides);
  }

  private int start() throws IOException, InterruptedException {
    if (agents != null && agents < 0) {
      throw UserError.usage("bad --agents: expected>=0 actual=" + agents);
    }
    torchrun
        .ignored()
        .forEach(flag ->
            screen.line("taken without effect: " + flag + ", Muster has its own rendezvous"));
    var job = job();
    var at = listen == null ? HostPort.parse(job.settings().master().listen()) : listen;
    var root = runDir == null ? runs.fresh(Instant.now()) : runDir;
    var workload = Preflight.check(root, at, job, flags.data());
    if (agents(job) > 0) {
      Preflight.programThere(job);
    }
    var interrupts = Interrupts.install();
    var folder = NewRun.create(root, job);
    Header.lines(
            workload.model(),
            workload.data(),
            job.spec().workers(),
            job.spec().spares(),
            Devices.text(),
            folder.root().toString())
        .forEach(screen::line);
    return follow(folder, job, at, interrupts, false);
  }

  private AttemptFolders attempts(RunFolder folder) {
    var root = torchrun.logsOf(folder.root().getFileName().toString());
    try {
      return new AttemptFolders(folder, root);
    } catch (IOException e) {
      throw UserError.usage("cannot make the folder of --log-dir: folder=" + root + " cause=" + e);
    }
  }

  private int resume() throws IOException, InterruptedException {
    var folder = runs.find(resume);
    var job = JobFile.read(folder.job());
    var ended = RunFiles.read(folder.result(), Result.class);
    ended.ifPresent(result -> requireMore(folder, job, result));
    Preflight.noLivingMaster(folder);
    Preflight.diskRoom(folder.root());
    var former = RunFiles.read(folder.master(), MasterFile.class);
    if (ended.isPresent() && former.isPresent()) { // who follows the run waits for the next one
      Files.move(folder.result(), folder.formerResult(former.get().incarnation()), ATOMIC_MOVE);
    }
    var at = former.map(m -> new HostPort(m.host(), m.port())).orElse(new HostPort("127.0.0.1", 0));
    screen.line("resuming run " + folder.run());
    return follow(folder, job, at, Interrupts.install(), true);
  }

  /**
   * A run that failed or was stopped goes on from what it has saved; a plain command has nothing.
   */
  private static void requireMore(RunFolder folder, JobFile job, Result result) {
    if (result.state() == RunState.SUCCEEDED || !job.spec().worker().managed()) {
      var name = RunsDirectory.nameOf(folder);
      throw UserError.usage(
          "nothing to resume: run=" + name + " has ended; see ./muster status " + name);
    }
  }

  private int follow(
      RunFolder folder, JobFile job, HostPort at, Interrupts interrupts, boolean resumed)
      throws IOException, InterruptedException {
    var processes = new RunProcesses(folder, apart ? services.apart() : services);
    var session =
        new RunSession(
            folder,
            processes,
            interrupts,
            screen,
            job.spec().worker().managed(),
            torchrun.output(),
            attempts(folder));
    if (resumed) {
      session.afterOldEvents();
    }
    var master = processes.startMaster(at.host(), at.port(), MASTER_START_NS);
    for (int i = 0; i < agents(job); i++) {
      processes.startAgent(new NodeId("n" + i), job.spec().workers() + job.spec().spares(), master);
    }
    return session.follow();
  }

  private int agents(JobFile job) {
    return agents != null && agents == 0 ? 0 : job.settings().agents();
  }
}
