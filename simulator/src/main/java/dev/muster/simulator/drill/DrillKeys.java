package dev.muster.simulator.drill;

import static java.util.concurrent.TimeUnit.DAYS;
import static java.util.concurrent.TimeUnit.HOURS;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.job.Key;
import dev.muster.protocol.job.Parsers;
import dev.muster.simulator.cluster.CheckpointModel.LostWith;
import dev.muster.simulator.hocon.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Every key of a drill file but those of faults; defaults are in drills/reference.conf. */
final class DrillKeys {
  private static final int MANY = 1_000_000;
  private static final long MS = MILLISECONDS.toNanos(1);
  private static final long DAY = DAYS.toNanos(1);

  static final Key<String> NAME = Parsers.line("drill");
  static final Key<Long> HORIZON = Parsers.duration("horizon", MS, 400 * DAY);
  static final Key<Integer> NODES = Parsers.count("fleet.nodes", 1, MANY);
  static final Key<Integer> PODS = Parsers.count("fleet.pods", 0, MANY);
  static final Key<Integer> RACKS = Parsers.count("fleet.racks-per-pod", 1, MANY);
  static final Key<Integer> RACK_NODES = Parsers.count("fleet.nodes-per-rack", 1, MANY);
  static final Key<Integer> POWER_RACKS = Parsers.count("fleet.racks-per-power", 1, MANY);
  static final Key<Integer> GPUS = Parsers.count("fleet.gpus-per-node", 1, 1024);
  static final Key<Integer> SLOTS = Parsers.count("fleet.slots", 1, 4096);
  static final Key<Double> SPARE_NODES =
      new Key<>(
          "fleet.spares",
          "a number of nodes, or a share such as 3%",
          v -> Values.percent(v).map(p -> -p).or(() -> Values.number(v).filter(n -> n >= 0)));
  static final Key<Integer> WORKERS = Parsers.count("job.workers", 1, MANY);
  static final Key<Integer> MIN_WORKERS = Parsers.count("job.min-workers", 1, MANY);
  static final Key<Integer> SPARES = Parsers.count("job.spares", 0, MANY);
  static final Key<Long> STEP = Parsers.duration("job.step", MS, DAY);
  static final Key<Long> START = Parsers.duration("job.start", 0, DAY);
  static final Key<Long> JOIN = Parsers.duration("job.join", 0, DAY);
  static final Key<Long> JOIN_PER_RANK = Parsers.duration("job.join-per-rank", 0, DAY);
  static final Key<Long> RESTORE = Parsers.duration("job.restore", 0, DAY);
  static final Key<Long> SERVICE = Parsers.duration("master.service", 0, DAY);
  static final Key<Long> CHECKPOINT = Parsers.duration("job.checkpoint.every", 0, 30 * DAY);
  static final Key<Long> STALL = Parsers.duration("job.checkpoint.stall", 0, DAY);
  static final Key<Long> READ = Parsers.duration("job.checkpoint.restore", 0, DAY);
  static final Key<Long> STORED = Parsers.duration("job.checkpoint.storage.every", 0, 30 * DAY);
  static final Key<Long> STORED_READ = Parsers.duration("job.checkpoint.storage.restore", 0, DAY);
  static final Key<LostWith> LOST_WITH =
      new Key<>(
          "job.checkpoint.lost-with",
          "last-holder or any-member",
          v ->
              Parsers.text(v)
                  .flatMap(text ->
                      Arrays.stream(LostWith.values())
                          .filter(
                              l -> l.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(text))
                          .findFirst()));
  static final SavingKeys SAVING = new SavingKeys("job.checkpoint");
  static final PolicyKeys A = new PolicyKeys("policy.a");
  static final PolicyKeys B = new PolicyKeys("policy.b");
  static final Key<String> PROFILE = Parsers.line("profile");
  static final Key<Long> SAFETY =
      new Key<>(
          "phases.safety",
          "rest, or " + Values.DURATION_TEXT,
          v ->
              Parsers.text(v).filter("rest"::equals).isPresent()
                  ? java.util.Optional.of(Expect.NONE)
                  : Values.duration(v));
  static final Key<Long> LIVENESS = Parsers.duration("phases.liveness", 0, 400 * DAY);
  static final Key<Double> CORE =
      new Key<>(
          "phases.core", "a share above 0 such as 97%", v -> Values.share(v).filter(s -> s > 0));
  static final Key<Double> GOODPUT =
      new Key<>("expect.goodput", "a share such as 0.95 or 95%", Values::share);
  static final LimitKeys RECOVER = new LimitKeys("expect.recover");
  static final LimitKeys DETECT = new LimitKeys("expect.detect");
  static final Key<Long> STEPS_REDONE =
      new Key<>(
          "expect.steps-redone",
          "none, or a whole number",
          v ->
              Parsers.text(v).filter("none"::equals).isPresent()
                  ? java.util.Optional.of(Expect.NONE)
                  : Parsers.whole("", 0, Long.MAX_VALUE).parser().parse(v));
  static final Key<List<Expect.Never>> NEVER =
      new Key<>(
          "expect.never",
          "a list of "
              + Arrays.stream(Expect.Never.values())
                  .map(Expect.Never::text)
                  .collect(Collectors.joining(", ")),
          DrillValues::never);
  static final Key<Boolean> STOP = Parsers.flag("stop.first-violation");
  static final Key<Optional<Set<Buggify>>> BUGGIFY =
      new Key<>(
          "buggify",
          "none, drawn, or a list of "
              + Arrays.stream(Buggify.values())
                  .map(Buggify::text)
                  .collect(Collectors.joining(", ")),
          DrillValues::buggify);
  static final Key<List<Long>> SEEDS =
      new Key<>("seeds", "a seed, a range such as 1..20 or a list of them", DrillValues::seeds);

  /** Checkpoints that the job makes itself, and what they cost. */
  record SavingKeys(
      Key<Integer> memoryEvery,
      Key<Integer> copies,
      Key<Long> copy,
      Key<Long> persist,
      Key<Integer> keepLast,
      Key<Long> keepEvery,
      Key<Boolean> sharded,
      Key<Long> bytesPerRank,
      Key<Long> copyPerSecond,
      Key<Long> hostCopyPerSecond,
      Key<Long> allocatePerSecond,
      Key<Double> copySpread,
      Key<Long> networkPerSecond,
      Key<Long> storagePerSecond) {
    SavingKeys(String path) {
      this(
          Parsers.steps(path + ".memory-every", MANY),
          Parsers.count(path + ".copies", 1, 64),
          Parsers.interval(path + ".copy", DAY),
          Parsers.interval(path + ".persist", 30 * DAY),
          Parsers.count(path + ".keep-last", 1, MANY),
          Parsers.whole(path + ".keep-every", 0, Long.MAX_VALUE),
          Parsers.flag(path + ".sharded"),
          Parsers.bytes(path + ".bytes-per-rank", 0, 1L << 50),
          Parsers.bytes(path + ".copy-per-second", 1, 1L << 50),
          Parsers.bytes(path + ".host-copy-per-second", 0, 1L << 50),
          Parsers.bytes(path + ".allocate-per-second", 0, 1L << 50),
          Parsers.number(path + ".copy-spread", 1, 100),
          Parsers.bytes(path + ".network-per-second", 1, 1L << 50),
          Parsers.bytes(path + ".storage-per-second", 1, 1L << 50));
    }

    private List<Key<?>> all() {
      return List.of(
          memoryEvery,
          copies,
          copy,
          persist,
          keepLast,
          keepEvery,
          sharded,
          bytesPerRank,
          copyPerSecond,
          hostCopyPerSecond,
          allocatePerSecond,
          copySpread,
          networkPerSecond,
          storagePerSecond);
    }
  }

  /** One of the two policies. */
  record PolicyKeys(
      Key<Integer> minWorkers,
      Key<Integer> spares,
      Key<Boolean> replace,
      Key<Long> lease,
      Key<Long> beat,
      Key<Long> lastCall,
      Key<Long> startTimeout,
      Key<Double> hangFactor,
      Key<Long> hangFloor) {
    PolicyKeys(String path) {
      this(
          Parsers.count(path + ".min-workers", 1, MANY),
          Parsers.count(path + ".spares", 0, MANY),
          Parsers.flag(path + ".replace"),
          Parsers.duration(path + ".lease", 100 * MS, DAY),
          Parsers.duration(path + ".beat", 10 * MS, HOURS.toNanos(1)),
          Parsers.duration(path + ".last-call", 0, HOURS.toNanos(1)),
          Parsers.duration(path + ".start-timeout", MS, DAY),
          Parsers.number(path + ".hang.factor", 1, 1000),
          Parsers.duration(path + ".hang.floor", MS, DAY));
    }

    private List<Key<?>> all() {
      return List.of(
          minWorkers, spares, replace, lease, beat, lastCall, startTimeout, hangFactor, hangFloor);
    }
  }

  /** Limits at three percentiles. */
  record LimitKeys(Key<Long> p50, Key<Long> p90, Key<Long> p99) {
    LimitKeys(String path) {
      this(key(path + ".p50"), key(path + ".p90"), key(path + ".p99"));
    }

    private static Key<Long> key(String path) {
      return new Key<>(path, "none, or " + Values.DURATION_TEXT, DrillValues::limit);
    }

    private List<Key<?>> all() {
      return List.of(p50, p90, p99);
    }
  }

  static final List<Key<?>> ALL = all();

  private DrillKeys() {}

  private static List<Key<?>> all() {
    var all =
        new ArrayList<Key<?>>(
            List.of(
                NAME,
                HORIZON,
                NODES,
                PODS,
                RACKS,
                RACK_NODES,
                POWER_RACKS,
                GPUS,
                SLOTS,
                SPARE_NODES,
                WORKERS,
                MIN_WORKERS,
                SPARES,
                STEP,
                START,
                JOIN,
                JOIN_PER_RANK,
                RESTORE,
                SERVICE,
                CHECKPOINT,
                STALL,
                READ,
                LOST_WITH,
                STORED,
                STORED_READ,
                PROFILE,
                SAFETY,
                LIVENESS,
                CORE,
                GOODPUT,
                STEPS_REDONE,
                NEVER,
                STOP,
                BUGGIFY,
                SEEDS));
    all.addAll(SAVING.all());
    all.addAll(A.all());
    all.addAll(B.all());
    all.addAll(RECOVER.all());
    all.addAll(DETECT.all());
    return List.copyOf(all);
  }
}
