package dev.muster.simulator.drill;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigParseOptions;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.job.Problem;
import dev.muster.simulator.checkpoint.Saving;
import dev.muster.simulator.cluster.CheckpointModel;
import dev.muster.simulator.cluster.Costs;
import dev.muster.simulator.fault.FaultSpec;
import dev.muster.simulator.fault.Topology;
import dev.muster.simulator.hardware.Profile;
import dev.muster.simulator.hardware.Profiles;
import dev.muster.simulator.hocon.Checked;
import dev.muster.simulator.hocon.DrillException;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Reads drill files (HOCON). Every key has a default, in drills/reference.conf; an unknown one is
 * an error. All errors are told at once.
 */
public final class DrillReader {
  private static final String REFERENCE = "/dev/muster/simulator/drills/reference.conf";

  private static final Topology BOUNDLESS = new Topology(1 << 30, 1, 1, 1);

  private final List<Problem> problems = new ArrayList<>();
  private final Config own;
  private final Optional<Profile> profile;
  private final Checked from;

  private DrillReader(Config own) {
    this.own = own;
    this.profile = Profiles.find(own.hasPath("profile") ? own.getString("profile") : "none");
    var defaults = Catalogue.config(REFERENCE);
    var profiled = profile.map(p -> costs(p, own.withFallback(defaults).resolve()));
    var all = own.withFallback(profiled.orElse(ConfigFactory.empty())).withFallback(defaults);
    this.from = new Checked(all.resolve().root(), problems);
  }

  /**
   * @throws DrillException the file cannot be read, or a key or value is wrong
   */
  public static Drill read(File file) {
    if (!file.isFile()) {
      throw new DrillException("no such drill: file=" + file);
    }
    return read(() -> ConfigFactory.parseFile(file, ConfigParseOptions.defaults()));
  }

  /** As {@link #read}, of a text. */
  public static Drill parse(String text) {
    return parse(text, "drill");
  }

  static Drill parse(String text, String origin) {
    var options = ConfigParseOptions.defaults().setOriginDescription(origin);
    return read(() -> ConfigFactory.parseString(text, options));
  }

  private static Drill read(java.util.function.Supplier<Config> source) {
    try {
      return new DrillReader(source.get()).drill();
    } catch (ConfigException e) {
      throw new DrillException("bad drill: " + e.getMessage());
    }
  }

  /** What a profile says of a job, where the drill itself says nothing. */
  private static Config costs(Profile profile, Config resolved) {
    int workers = resolved.getInt("job.workers");
    long startNs = profile.start().ns(workers);
    String saves = profile.saves().map(DrillReader::saves).orElse("");
    return ConfigFactory.parseString(
        saves
            + "job { start = %dns, join = %dns, join-per-rank = 0s, restore = %dns }\npolicy.a.start-timeout = %dns"
                .formatted(
                    startNs,
                    profile.join().ns(workers),
                    profile.restore().ns(workers),
                    3 * startNs + Defaults.SECOND),
        ConfigParseOptions.defaults().setOriginDescription("profile " + profile.name()));
  }

  private static String saves(Profile.Saves saves) {
    return "job.checkpoint { copy-per-second = %d, host-copy-per-second = %d, allocate-per-second = %d, storage-per-second = %d }\n"
        .formatted(
            saves.copyPerSecond(),
            saves.hostCopyPerSecond(),
            saves.allocatePerSecond(),
            saves.storagePerSecond());
  }

  private Drill drill() {
    var known = new TreeSet<String>();
    DrillKeys.ALL.forEach(key -> known.add(key.path()));
    known.add("faults");
    Checked.unknown(own.root(), known, problems);
    DrillKeys.ALL.forEach(from::get);
    if (!problems.isEmpty()) {
      faults(BOUNDLESS); // their errors too
      failOnProblems();
    }
    var fleet = fleet();
    var faults = faults(fleet);
    var policy = policy(DrillKeys.A);
    var drill =
        new Drill(
            from.get(DrillKeys.NAME),
            horizonNs(),
            fleet,
            slots(),
            from.get(DrillKeys.GPUS),
            from.get(DrillKeys.WORKERS),
            costs(),
            new CheckpointModel(
                from.get(DrillKeys.CHECKPOINT),
                from.get(DrillKeys.STALL),
                from.get(DrillKeys.READ),
                from.get(DrillKeys.LOST_WITH),
                from.get(DrillKeys.STORED),
                from.get(DrillKeys.STORED_READ)),
            saving(),
            policy,
            own.hasPath("policy.b") ? Optional.of(policy(DrillKeys.B)) : Optional.empty(),
            profile,
            faults,
            new Phases(from.get(DrillKeys.LIVENESS), from.get(DrillKeys.CORE)),
            expect(),
            from.get(DrillKeys.STOP),
            from.get(DrillKeys.BUGGIFY),
            from.get(DrillKeys.SEEDS));
    contradictions(drill);
    failOnProblems();
    return drill;
  }

  private void failOnProblems() {
    if (!problems.isEmpty()) {
      throw new DrillException(problems);
    }
  }

  private int slots() {
    boolean given = own.hasPath("fleet.slots") || !own.hasPath("fleet.gpus-per-node");
    return given ? from.get(DrillKeys.SLOTS) : from.get(DrillKeys.GPUS) + 1;
  }

  private Topology fleet() {
    int pods = from.get(DrillKeys.PODS);
    int racks = from.get(DrillKeys.RACKS);
    int rackNodes = from.get(DrillKeys.RACK_NODES);
    if (pods > 0 && own.hasPath("fleet.nodes")) {
      from.problem("fleet.nodes", "expected either nodes or pods");
    }
    int needed = pods > 0 ? pods * racks * rackNodes : from.get(DrillKeys.NODES);
    double spares = from.get(DrillKeys.SPARE_NODES); // below 0: percent
    int extra = (int) (spares < 0 ? Math.ceil(needed * -spares / 100) : spares);
    return new Topology(needed + extra, rackNodes, racks, from.get(DrillKeys.POWER_RACKS));
  }

  private List<FaultSpec> faults(Topology fleet) {
    if (!(from.find("faults") instanceof ConfigList list)) {
      from.problem("faults", "expected a list of faults");
      return List.of();
    }
    var reader = new FaultReader(fleet, problems);
    var faults = new ArrayList<FaultSpec>();
    for (int line = 0; line < list.size(); line++) {
      reader.read(line, list.get(line)).ifPresent(faults::add);
    }
    return faults;
  }

  private long horizonNs() {
    long safetyNs = from.get(DrillKeys.SAFETY);
    if (safetyNs != Expect.NONE && own.hasPath("horizon")) {
      from.problem("phases.safety", "expected either horizon or phases.safety");
    }
    return safetyNs == Expect.NONE
        ? from.get(DrillKeys.HORIZON)
        : safetyNs + from.get(DrillKeys.LIVENESS);
  }

  private Costs costs() {
    return new Costs(
        from.get(DrillKeys.STEP),
        from.get(DrillKeys.START),
        from.get(DrillKeys.JOIN),
        from.get(DrillKeys.JOIN_PER_RANK),
        from.get(DrillKeys.RESTORE),
        Costs.DEFAULT.noticeNs(),
        from.get(DrillKeys.SERVICE));
  }

  private Saving saving() {
    var keys = DrillKeys.SAVING;
    return new Saving(
        new JobSpec.Checkpoint(
            from.get(keys.memoryEvery()),
            from.get(keys.copies()),
            from.get(keys.copy()),
            from.get(keys.persist()),
            from.get(keys.keepLast()),
            from.get(keys.keepEvery()),
            ""),
        from.get(keys.sharded()),
        from.get(keys.bytesPerRank()),
        from.get(keys.copyPerSecond()),
        from.get(keys.hostCopyPerSecond()),
        from.get(keys.allocatePerSecond()),
        from.get(keys.copySpread()),
        from.get(keys.networkPerSecond()),
        from.get(keys.storagePerSecond()));
  }

  private Policy policy(DrillKeys.PolicyKeys keys) {
    return new Policy(
        from.get(keys.minWorkers()),
        from.get(keys.spares()),
        from.get(keys.replace()),
        from.get(keys.lease()),
        from.get(keys.beat()),
        from.get(keys.lastCall()),
        from.get(keys.startTimeout()),
        from.get(keys.hangFactor()),
        from.get(keys.hangFloor()));
  }

  private Expect expect() {
    return new Expect(
        from.get(DrillKeys.GOODPUT),
        limits(DrillKeys.RECOVER),
        limits(DrillKeys.DETECT),
        from.get(DrillKeys.STEPS_REDONE),
        from.get(DrillKeys.NEVER));
  }

  private Expect.Limits limits(DrillKeys.LimitKeys keys) {
    return new Expect.Limits(from.get(keys.p50()), from.get(keys.p90()), from.get(keys.p99()));
  }

  private void contradictions(Drill drill) {
    int places = drill.nodes() * drill.slots();
    if (drill.workers() > places) {
      from.problem(
          "job.workers",
          "not enough slots: job.workers=%d nodes x slots=%d".formatted(drill.workers(), places));
    }
    savingContradictions(drill);
    savedFaults(drill);
    check("policy.a", drill.policy(), drill);
    drill.other().ifPresent(policy -> check("policy.b", policy, drill));
    if (drill.phases().livenessNs() > drill.horizonNs()) {
      from.problem("phases.liveness", "expected at most the horizon");
    }
    int healthy = (int) Math.floor(drill.phases().core() * drill.nodes()) * drill.slots();
    if (drill.phases().livenessNs() > 0 && healthy < drill.minWorkers()) {
      from.problem(
          "phases.core",
          "the healthy core has %d slots, fewer than min-workers=%d: nothing could finish"
              .formatted(healthy, drill.minWorkers()));
    }
  }

  private void savingContradictions(Drill drill) {
    var settings = drill.saving().settings();
    if (drill.saving().on() && !drill.checkpoints().none()) {
      from.problem(
          "job.checkpoint.every",
          "expected either modelled checkpoints (every) or the job's own (memory-every)");
    }
    if (!drill.saving().on() && (settings.persistNs() != 0 || settings.copyNs() != 0)) {
      from.problem(
          "job.checkpoint.memory-every", "expected at least 1: only snapshots are sent anywhere");
    }
    if (drill.saving().sharded() && !drill.saving().on()) {
      from.problem("job.checkpoint.memory-every", "expected at least 1 when the state is sharded");
    }
  }

  private void savedFaults(Drill drill) {
    drill.faults().stream()
        .map(FaultSpec::verb)
        .filter(verb -> verb.ofSaved() && !drill.saving().on())
        .distinct()
        .forEach(verb ->
            from.problem(
                "job.checkpoint.memory-every",
                "expected at least 1: %s strikes what the job has saved".formatted(verb.text())));
  }

  private void check(String path, Policy policy, Drill drill) {
    if (policy.minWorkers() > drill.workers()) {
      from.problem(path + ".min-workers", "expected at most job.workers = " + drill.workers());
    }
    if (3 * policy.beatNs() > policy.leaseNs()) {
      from.problem(path + ".beat", "expected at most a third of " + path + ".lease");
    }
  }
}
