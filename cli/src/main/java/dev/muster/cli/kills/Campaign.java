package dev.muster.cli.kills;

import dev.muster.cli.bench.BenchRun;
import dev.muster.cli.process.JavaCommand;
import dev.muster.cli.process.LiveWorkers.Worker;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * One run whose ranks, agents and hosts are killed again and again, while its workers verify each
 * state they restore. One thread, one use.
 */
public final class Campaign {
  private static final long START_NS = TimeUnit.MINUTES.toNanos(3);
  private static final long RECOVERY_NS = TimeUnit.MINUTES.toNanos(3);
  private static final long CALM_NS = TimeUnit.SECONDS.toNanos(5);
  private static final long STEPS_BETWEEN = 12; // two kills, at most, unless a step is slow
  private static final long STOP_NS = TimeUnit.MINUTES.toNanos(2);

  /**
   * @param sharded each rank holds a part; otherwise all hold all
   * @param mebibytes of state of each rank
   * @param moments in turn; empty: drawn, by their weights
   * @param limitNs no kill begins later
   * @param keys of the configuration, over those of the campaign
   */
  public record Plan(
      boolean sharded,
      int workers,
      int agents,
      long mebibytes,
      int kills,
      List<Moment> moments,
      long seed,
      long limitNs,
      Map<String, String> keys) {}

  private final Plan plan;
  private final Path folder;
  private final Consumer<String> say;
  private final SplittableRandom random;
  private final TreeMap<Long, Long> floors = new TreeMap<>(); // by the generation that was ended
  private final List<String> stale = new ArrayList<>();
  private BenchRun run;
  private Hosts hosts;
  private Watch watch;
  private Sight sight;
  private Striker striker;
  private int turn;
  private long checked; // generations up to here were compared with the floor

  /**
   * @param folder of the run, new
   */
  public Campaign(Plan plan, Path folder, Consumer<String> say) {
    this.plan = plan;
    this.folder = folder;
    this.say = say;
    this.random = new SplittableRandom(plan.seed);
  }

  /**
   * Plays it to its end.
   *
   * @throws IOException the run ended by itself or did not recover in time
   */
  public CampaignResult play() throws IOException, InterruptedException {
    run = BenchRun.start(folder, flags());
    try {
      open();
      torment();
      run.stop();
      var result = run.await(STOP_NS).orElseThrow(() -> failed("the run left no result"));
      return verdict(result);
    } finally {
      close();
    }
  }

  private void close() {
    run.kill();
    if (hosts != null) {
      hosts.close();
      watch.close();
    }
  }

  private List<String> flags() {
    var flags = new ArrayList<>(List.of("--workers", "" + plan.workers, "--spares", "0"));
    flags.addAll(List.of("--agents", "0", "--steps", "1000000000", "--seed", "" + plan.seed));
    flags.addAll(List.of("--max-restarts", "0"));
    flags.add("-Dmuster.agents.count=" + plan.agents);
    flags.add("-Dmuster.job.max-infrastructure-failures=1000000");
    flags.add("-Dmuster.checkpoint.memory-every=2");
    flags.add("-Dmuster.checkpoint.copy=500ms");
    flags.add("-Dmuster.checkpoint.persist=1s");
    flags.add("-Dmuster.checkpoint.keep-last=2");
    flags.add("-Dmuster.worker.shared-bytes-per-rank=1MiB");
    plan.keys.forEach((key, value) -> flags.add("-D" + key + "=" + value));
    flags.addAll(List.of("--managed", "--"));
    flags.addAll(JavaCommand.trainer(KnownStateTrainer.class.getName()));
    flags.addAll(size().arguments());
    return flags;
  }

  private KnownStateTrainer.Size size() {
    return new KnownStateTrainer.Size(plan.sharded, plan.mebibytes, plan.workers);
  }

  private void open() throws IOException, InterruptedException {
    var nodes = IntStream.range(0, plan.agents).mapToObj(i -> "n" + i).toList();
    watch = new Watch(run);
    if (!watch.await(START_NS, () -> master().isPresent())) {
      throw failed("no master");
    }
    hosts = new Hosts(run.folder(), Math.ceilDiv(plan.workers, plan.agents), master().get());
    for (var node : nodes) {
      hosts.start(node);
    }
    sight = new Sight(hosts, run.folder().checkpoints());
    striker = new Striker(watch, sight, hosts, shards(), random);
    if (!watch.await(START_NS, () -> watch.training(0, plan.workers))) {
      throw failed("the run does not begin to train");
    }
  }

  private Optional<MasterFile> master() throws IOException {
    return RunFiles.read(run.folder().master(), MasterFile.class);
  }

  private int shards() {
    return plan.sharded ? plan.workers : plan.agents;
  }

  private void torment() throws IOException, InterruptedException {
    long startNs = System.nanoTime();
    while (striker.strikes().size() < plan.kills && System.nanoTime() - startNs < plan.limitNs) {
      var moment = moment();
      if (moment == Moment.COPY && !plan.sharded) {
        continue; // of a replicated state there are no copies
      }
      long before = watch.groups().lastKey();
      striker.strike(moment);
      told();
      if (moment == Moment.RESTORE && striker.strikeRestoring(before)) {
        told();
      }
      recovered();
    }
  }

  private Moment moment() {
    var moments = plan.moments;
    return moments.isEmpty()
        ? Moment.at(random.nextInt(100))
        : moments.get(turn++ % moments.size());
  }

  /** After each kill: what there is to go on from. */
  private void told() throws IOException {
    var strike = striker.strikes().getLast();
    long floor = floor(strike);
    floors.put(strike.generation(), floor);
    say.accept(strike.line() + ", floor " + floor);
  }

  private long floor(Strike strike) throws IOException {
    var live =
        plan.sharded
            ? List.<Long>of()
            : watch.members().stream()
                .filter(w -> w.generation() <= strike.generation())
                .filter(w -> !strike.gone().contains(w.worker()))
                .map(Worker::appliedStep)
                .toList();
    return Floor.of(plan.sharded, live, sight.complete(), sight.stored(), watch.starts());
  }

  private void recovered() throws IOException, InterruptedException {
    var last = striker.strikes().getLast();
    if (!watch.await(RECOVERY_NS, () -> watch.training(last.generation(), plan.workers))) {
      throw failed("no recovery from " + last.line());
    }
    for (var group : watch.groups().tailMap(checked, false).values()) {
      var floor = floors.lowerEntry(group.generation());
      say.accept("  " + group + (floor == null ? "" : " floor=" + floor.getValue()));
      if (floor != null && group.startStep() < floor.getValue()) {
        stale.add(group + " could have started from step " + floor.getValue());
        say.accept("  OLDER THAN THERE WAS: " + stale.getLast());
      }
      checked = group.generation();
    }
    long steps = random.nextLong(STEPS_BETWEEN);
    var newest = watch.groups().lastEntry().getValue();
    watch.await(CALM_NS, () -> watch.step() >= newest.startStep() + steps);
  }

  private IOException failed(String what) {
    return new IOException(what + ": log=" + run.log() + " folder=" + folder);
  }

  private CampaignResult verdict(Result result) throws IOException {
    return new CampaignResult(
        plan,
        striker.strikes(),
        List.copyOf(watch.groups().values()),
        result,
        watch.verified(),
        stale);
  }
}
