package dev.muster.cli.local;

import dev.muster.cli.UserError;
import dev.muster.master.job.JobEvent;
import dev.muster.master.wiring.RunJournal;
import dev.muster.protocol.core.CounterRandom;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.run.RunFolder;
import dev.muster.simulator.local.ColdSteps;
import dev.muster.simulator.local.LocalFault;
import dev.muster.simulator.local.LocalPlan;
import dev.muster.simulator.local.MeasuredCosts;
import dev.muster.simulator.local.PredictedMeasured.Cause;
import dev.muster.simulator.local.StepTimes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.function.Consumer;

/** Measures what things cost on this machine: a run of its own in which workers are killed. */
final class Calibrator {
  private static final long SECOND = 1_000_000_000L;
  private static final long QUIET_NS = 4 * SECOND;
  private static final String LAUNCHED = "worker.launched: worker ";

  private Calibrator() {}

  /**
   * @param kills how many workers are killed, one every {@code everyNs}
   */
  static MeasuredCosts measure(
      Path folder, Site site, int kills, long everyNs, String busy, Consumer<String> say)
      throws IOException, InterruptedException {
    long horizonNs = QUIET_NS + kills * everyNs;
    var run = RealRun.play(folder, site, plan(site, kills, everyNs), horizonNs, say);
    var crashes =
        run.observed(horizonNs).recoveries().stream()
            .filter(recovery -> Cause.of(recovery) == Cause.CRASH)
            .toList();
    if (crashes.isEmpty()) {
      throw UserError.broken("the calibration saw no recovery: folder=" + folder);
    }
    var steps = StepTimes.of(run.snapshots());
    var bounds = new ArrayList<>(run.struckAtMillis());
    bounds.add(run.fromMillis() + horizonNs / 1_000_000);
    double warmMs = steps.warmMs(bounds, QUIET_NS / 2_000_000);
    return MeasuredCosts.of(
        "a run of its own (" + folder.getFileName() + "), " + busy,
        warmMs,
        ColdSteps.of(steps, warmMs, bounds),
        startsMs(run.folder()),
        crashes);
  }

  /** Kills at regular times, of workers that another seed than the drill's draws. */
  private static LocalPlan plan(Site site, int kills, long everyNs) {
    var faults = new ArrayList<LocalFault>();
    for (int kill = 0; kill < kills; kill++) {
      long draw = CounterRandom.mix(site.seed(), "calibration", 0, kill);
      long atNs = QUIET_NS + kill * everyNs;
      faults.add(new LocalFault(atNs, LocalFault.Verb.MEMBER_CRASH, kill % site.agents(), 0, draw));
    }
    return new LocalPlan(faults, List.of());
  }

  /** From the order to launch to ready, of workers that were started while others trained. */
  private static List<Double> startsMs(RunFolder folder) throws IOException {
    var launched = new HashMap<String, Long>();
    var starts = new ArrayList<Double>();
    boolean training = false;
    for (var entry : RunJournal.read(folder)) {
      training |= entry.decisions().contains("job.detail: training");
      for (var decision : entry.decisions()) {
        if (training && decision.startsWith(LAUNCHED)) {
          launched.put(decision.substring(LAUNCHED.length()).split(" ")[0], entry.atNs());
        }
      }
      if (entry.event() instanceof JobEvent.FromAgent(var node, ToMaster.WorkerReady ready)
          && launched.containsKey(ready.worker().toString())) {
        starts.add((entry.atNs() - launched.get(ready.worker().toString())) / 1e6);
      }
    }
    return starts;
  }
}
