package dev.muster.cli.torchrun;

import dev.muster.cli.UserError;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Flags of torchrun with what they mean there. Those of its own rendezvous are taken, said to have
 * no effect, and left.
 */
public final class TorchrunFlags {
  private static final String ENVIRONMENT = "muster.worker.environment.";

  @Option(
      names = "--nproc-per-node",
      paramLabel = "N|auto|gpu|cpu",
      converter = Processes.Converter.class,
      description = "Ranks of each node.")
  private Processes processes;

  @Option(
      names = "--nnodes",
      paramLabel = "N|MIN:MAX",
      converter = Nodes.Converter.class,
      description = "Node agents, all on this machine unless --agents 0. Default: 1.")
  private Nodes nodes;

  @Option(
      names = {"-m", "--module"},
      description = "COMMAND is a Python module.")
  private boolean module;

  @Option(
      names = "--no-python",
      description = "COMMAND is a program. Without it one that ends in .py is given to Python.")
  private boolean noPython;

  @Option(names = "--role", paramLabel = "NAME", description = "ROLE_NAME of the ranks.")
  private String role;

  @Option(
      names = "--rdzv-id",
      paramLabel = "ID",
      description = "TORCHELASTIC_RUN_ID of the ranks. Default: the name of the run.")
  private String rendezvousId;

  @Option(
      names = "--log-dir",
      paramLabel = "DIR",
      description = "Here, too: ID/attempt_K/LOCAL_RANK/stdout.log, stderr.log, error.json.")
  private Path logs;

  @Option(
      names = {"-r", "--redirects"},
      paramLabel = "STREAMS",
      converter = Streams.Converter.class,
      description = "Only into files: 1 stdout, 2 stderr, 3 both; 0:3,1:1 for some local ranks.")
  private Streams redirects = Streams.NONE;

  @Option(
      names = {"-t", "--tee"},
      paramLabel = "STREAMS",
      converter = Streams.Converter.class,
      description = "On the console although redirected.")
  private Streams tee = Streams.NONE;

  @Option(
      names = "--local-ranks-filter",
      paramLabel = "R",
      split = ",",
      description = "Local ranks, with commas, whose output comes to the console. Default: all.")
  private List<Integer> shown = List.of();

  @Option(
      names = "--signals-to-handle",
      paramLabel = "NAMES",
      description = "TORCHELASTIC_SIGNALS_TO_HANDLE of the ranks.")
  private String signals;

  @Option(
      names = "--shutdown-timeout",
      paramLabel = "SECONDS",
      description = "Between SIGTERM and SIGKILL; muster.job.grace.")
  private Integer shutdownSeconds;

  @Option(names = "--standalone", description = "One node, as by default.")
  private boolean standalone;

  @Option(
      names = "--virtual-local-rank",
      hidden = true,
      description = "Refused: every rank sees all GPUs.")
  private boolean virtualLocalRank;

  @Option(
      names = {
        "--rdzv-backend",
        "--rdzv-endpoint",
        "--rdzv-conf",
        "--start-method",
        "--event-log-handler",
        "--logs-specs",
        "--monitor-interval",
        "--local-addr",
        "--node-rank",
        "--master-addr",
        "--master-port",
        "--numa-binding",
        "--duplicate-stdout-filters",
        "--duplicate-stderr-filters"
      },
      hidden = true,
      description = "Taken without effect: Muster has its own.")
  private List<String> withoutEffect = List.of();

  @Option(names = "--run-path", hidden = true, description = "Taken without effect.")
  private boolean runPath;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /**
   * What they say, as keys of the configuration.
   *
   * @throws UserError of usage: flags that contradict each other or that Muster cannot follow
   */
  public Map<String, String> overrides() {
    require(
        !virtualLocalRank,
        "--virtual-local-rank: not there; ranks see all GPUs, LOCAL_RANK chooses");
    require(!(module && noPython), "--module and --no-python contradict each other");
    require(
        !standalone || nodes == null || nodes.max() == 1,
        "--standalone is one node; not with --nnodes");
    var overrides = new LinkedHashMap<String, String>();
    if (processes != null || nodes != null) {
      world(
          nodes == null ? Nodes.ONE : nodes, processes == null ? 1 : processes.count(), overrides);
    }
    put(overrides, ENVIRONMENT + "ROLE_NAME", role);
    put(overrides, ENVIRONMENT + "TORCHELASTIC_RUN_ID", rendezvousId);
    put(overrides, ENVIRONMENT + "TORCHELASTIC_SIGNALS_TO_HANDLE", signals);
    put(overrides, "muster.job.grace", shutdownSeconds == null ? null : shutdownSeconds + "s");
    return overrides;
  }

  private static void world(Nodes nodes, int processes, Map<String, String> overrides) {
    overrides.put("muster.job.workers", "" + nodes.max() * processes);
    overrides.put("muster.job.min-workers", "" + nodes.min() * processes);
    overrides.put("muster.agents.count", "" + nodes.max());
  }

  /** Flags that were given and have no effect, as they were written. */
  public List<String> ignored() {
    var line = spec.commandLine().getParseResult();
    var names = Set.of(spec.findOption("--rdzv-backend").names());
    int ofCommand =
        line.matchedPositionals().stream()
            .distinct()
            .mapToInt(words -> words.stringValues().size())
            .sum();
    return line.originalArgs().stream()
        .limit(line.originalArgs().size() - ofCommand)
        .map(word -> word.split("=", 2)[0])
        .filter(word -> names.contains(word.replace('_', '-')))
        .distinct()
        .toList();
  }

  /** How COMMAND is started; empty stays empty. */
  public List<String> command(List<String> words) {
    return words.isEmpty() ? words : new Script(System.getenv()).command(words, module, noPython);
  }

  /** What comes to the console. */
  public RankOutput output() {
    var template = System.getenv(RankOutput.TEMPLATE);
    boolean asThere = template == null && !tee.equals(Streams.NONE);
    var prefix = asThere ? RankOutput.TORCHRUNS : template == null ? RankOutput.OURS : template;
    return new RankOutput(
        redirects, tee, List.copyOf(shown), role == null ? "default" : role, prefix);
  }

  /** Where the logs of a run are found as well; null: nowhere else. */
  public Path logsOf(String run) {
    return logs == null
        ? null
        : logs.resolve(rendezvousId == null ? run : rendezvousId + "_" + run).toAbsolutePath();
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw UserError.usage(problem);
    }
  }

  private static void put(Map<String, String> overrides, String key, String value) {
    if (value != null) {
      overrides.put(key, value);
    }
  }
}
