package dev.muster.master.job;

import dev.muster.protocol.Group;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Recovery;
import dev.muster.protocol.run.RunState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Turns a job's state into what operators read. */
final class Snapshots {
  private Snapshots() {}

  static Progress progress(JobState state) {
    return progress(state, runState(state));
  }

  static Progress progress(JobState state, RunState runState) {
    var job = state.config.job();
    var ranks = state.group().members().stream().map(m -> rank(state, m)).toList();
    double rate = state.rates.values().stream().mapToDouble(r -> r).max().orElse(Double.NaN);
    return new Progress(
        runState,
        state.detail(),
        state.highest.number(),
        state.committedStep,
        job.steps(),
        state.loss,
        rate,
        state.unit,
        state.fleet.count().survivors(),
        job.workers(),
        state.fleet.count().spares(),
        state.recoveries.size(),
        0,
        ranks);
  }

  private static Progress.Rank rank(JobState state, dev.muster.protocol.Member member) {
    var worker = state.fleet.worker(member.worker());
    long pid = worker.map(w -> w.pid).orElse(0L);
    return new Progress.Rank(
        member.rank(),
        member.worker().toString(),
        member.worker().node().name(),
        pid,
        worker.isPresent() ? state.committedStep : -1);
  }

  private static RunState runState(JobState state) {
    return switch (state.phase) {
      case GATHERING, ORDERED, JOINING ->
          state.clock != null
              ? RunState.RECOVERING
              : state.fleet.nodes().isEmpty() ? RunState.PENDING : RunState.FORMING;
      case TRAINING -> RunState.RUNNING;
      case REVOKING -> RunState.RECOVERING;
      case SAVING, ENDING, OVER -> RunState.DRAINING;
    };
  }

  /**
   * Workers in rank order: who wants to know later which rank a worker had reads it from the event.
   */
  static List<String> members(Group group) {
    return new MemberNames(group);
  }

  static String recoveryText(Recovery r) {
    return String.format(
        Locale.ROOT,
        "recovered in %.0f ms, %s: detect %.1f, decide %.1f, revoke %.1f, regroup %.1f, state %.1f,"
            + " first step %.1f ms; generation %d trains",
        r.totalMs(),
        how(r.kind()),
        r.detectMs(),
        r.decideMs(),
        r.revokeMs(),
        r.regroupMs(),
        r.stateMs(),
        r.firstStepMs(),
        r.generation());
  }

  private static String how(Recovery.Kind kind) {
    return switch (kind) {
      case SPARE -> "a warm spare took the place";
      case COLD -> "a new process took the place";
      case SHRINK -> "the group shrank";
      case REBUILD -> "the same workers went on";
      case RESTART -> "all workers are new";
    };
  }

  static Map<String, Object> fields(Recovery r) {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("generation", r.generation());
    fields.put("kind", r.kind().name());
    fields.put("totalMs", r.totalMs());
    fields.put("detectMs", r.detectMs());
    fields.put("decideMs", r.decideMs());
    fields.put("revokeMs", r.revokeMs());
    fields.put("regroupMs", r.regroupMs());
    fields.put("stateMs", r.stateMs());
    fields.put("firstStepMs", r.firstStepMs());
    fields.put("stepsRedone", r.stepsRedone());
    return fields;
  }
}
