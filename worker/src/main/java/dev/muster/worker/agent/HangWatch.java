package dev.muster.worker.agent;

import dev.muster.collectives.flight.Diagnosis;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToMaster;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Looks at the members of the current group and reports each that hangs, once; the master decides.
 * Step durations are learnt over all generations, but not from the first steps of one, which
 * compile code.
 */
final class HangWatch {
  /** The one group of the layout so far. */
  static final String GROUP = "dp";

  private static final long MIN_INTERVAL_NS = 20_000_000L;
  private static final long MAX_INTERVAL_NS = 200_000_000L;
  private static final int WARM_UP_FACTOR = 5;

  private final MasterLink link;
  private final StepWindow window = new StepWindow();
  private final NavigableMap<WorkerId, Stall> stalls = new TreeMap<>();
  private final Set<WorkerId> reported = new TreeSet<>();
  private JobSpec job;
  private boolean active;

  HangWatch(MasterLink link) {
    this.link = link;
  }

  void begin(JobSpec of, Effects<AgentEvent> fx) {
    job = of;
    active = true;
    stalls.clear();
    reported.clear();
    arm(fx);
  }

  /** A master has just welcomed this agent: the former may not have heard what was reported. */
  void reportAgain() {
    reported.clear();
  }

  void end(Effects<AgentEvent> fx) {
    active = false;
    fx.cancel(AgentEvent.Timer.HANG.name());
  }

  private void arm(Effects<AgentEvent> fx) {
    fx.timer(AgentEvent.Timer.HANG.name(), intervalNs(), new AgentEvent.Due(AgentEvent.Timer.HANG));
  }

  long intervalNs() {
    return Math.clamp(job.hang().floorNs() / 20, MIN_INTERVAL_NS, MAX_INTERVAL_NS);
  }

  void due(LocalGroup group, Effects<AgentEvent> fx) {
    if (active) {
      fx.perform(
          new AgentAction.Look(
              Reading.Purpose.HANG, group.members().stream().map(m -> m.worker()).toList()));
    }
  }

  void looked(LocalGroup group, AgentEvent.Looked look, Effects<AgentEvent> fx) {
    if (!active) {
      return;
    }
    arm(fx);
    var observations = new ArrayList<HangDetector.Observation>();
    for (Reading reading : look.readings()) {
      group
          .member(reading.worker())
          .ifPresent(
              m -> observations.add(observe(reading, m.rank(), look.arrivals(), fx.nowNs())));
    }
    var diagnosis = Diagnosis.decide(GROUP, look.standings(), look.arrivals(), fx.nowNs());
    for (var hung :
        HangDetector.decide(observations, look.arrivals(), diagnosis, limits()).hung()) {
      report(group, hung, fx);
    }
  }

  private HangDetector.Observation observe(
      Reading reading, int rank, List<Long> arrivals, long nowNs) {
    Stall before = stalls.get(reading.worker());
    Stall stall =
        before == null ? Stall.first(reading, nowNs) : before.next(reading, nowNs, intervalNs());
    stalls.put(reading.worker(), stall);
    boolean stepped = before != null && stall.appliedStep() > before.appliedStep();
    if (stepped
        && stall.stepsInGeneration() > HangDetector.WARM_UP_STEPS
        && reading.stepDurationNs() > 0) {
      window.add(reading.stepDurationNs());
    }
    long arrived = rank < arrivals.size() ? arrivals.get(rank) : -1;
    return new HangDetector.Observation(
        reading.worker(),
        rank,
        reading.phase(),
        arrived,
        stall.stalledNs(),
        reading.stopped(),
        stall.stepsInGeneration());
  }

  private HangDetector.Limits limits() {
    long floorNs = job.hang().floorNs();
    return new HangDetector.Limits(
        job.hang().factor(),
        floorNs,
        WARM_UP_FACTOR * floorNs,
        job.startTimeoutNs(),
        window.p99Ns());
  }

  private void report(LocalGroup group, HangDetector.Hung hung, Effects<AgentEvent> fx) {
    if (reported.add(hung.worker())) {
      fx.note("worker.hung", "worker=" + hung.worker() + " " + hung.evidence());
      link.tell(
          new ToMaster.WorkerHung(
              hung.worker(),
              group.generation(),
              stalls.get(hung.worker()).appliedStep(),
              hung.stalledNs(),
              hung.evidence()),
          fx);
    }
  }
}
