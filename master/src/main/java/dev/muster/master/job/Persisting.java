package dev.muster.master.job;

import dev.muster.master.checkpoint.CheckpointLedger.Point;
import dev.muster.protocol.Generation;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;

/**
 * Brings checkpoints to storage, one at a time: a step that is still to come is named, each node
 * writes its shards of it, then one makes them a checkpoint. The last step is written without an
 * order.
 *
 * <pre>
 *   idle     due                      ordered    every node: persist step s
 *   ordered  a node is past s         ordered    a step twice as far ahead
 *   ordered  all shards are written   committing first node: commit
 *   ordered, committing  a problem, or the end of the group   idle   with the next one due
 * </pre>
 */
final class Persisting {
  private static final String DUE = "persist";

  /** What the master knows of the steps is at most a few beats old. */
  private static final int BEATS_AHEAD = 4;

  private record Attempt(Generation generation, long step, long marginSteps, long sinceNs) {}

  private final JobState state;
  private Attempt attempt; // null: none under way
  private RollCall written;
  private long trainingSinceNs;
  private boolean lastFailed;

  Persisting(JobState state) {
    this.state = state;
  }

  private JobSpec.Checkpoint settings() {
    return state.config.job().checkpoint();
  }

  /** The group trains. */
  void begin(Effects<JobEvent> fx) {
    trainingSinceNs = fx.nowNs();
    arm(fx);
  }

  private void arm(Effects<JobEvent> fx) {
    if (settings().persists()) {
      fx.timer(DUE, settings().persistNs(), new JobEvent.PersistDue());
    }
  }

  /** The group is over; its agents stop writing, and what they wrote is not committed. */
  void end(Effects<JobEvent> fx) {
    attempt = null;
    fx.cancel(DUE);
  }

  void due(Effects<JobEvent> fx) {
    if (state.phase != JobState.Phase.TRAINING) {
      return;
    }
    arm(fx);
    if (attempt == null) {
      order(marginSteps(fx.nowNs()), fx);
    } else {
      fx.note(
          "checkpoint.slow",
          "step %d is not on storage after %.0f s, the next checkpoint waits: nodes=%s"
              .formatted(attempt.step, (fx.nowNs() - attempt.sinceNs) / 1e9, written.missing()));
    }
  }

  /** Steps that may be made before all agents have read an order. */
  private long marginSteps(long nowNs) {
    double perNs =
        (state.committedStep - state.startStep) / (double) Math.max(1, nowNs - trainingSinceNs);
    return (long) Math.ceil(perNs * BEATS_AHEAD * state.config.beatNs()) + 1;
  }

  private void order(long marginSteps, Effects<JobEvent> fx) {
    int every = settings().memoryEvery();
    long step = Math.ceilDiv(state.committedStep + marginSteps, every) * every;
    if (step < state.config.job().steps()) { // the last one comes by itself
      begin(step, marginSteps, fx);
      var order = new ToAgent.Persist(attempt.generation, step);
      state.group().nodes().forEach(node -> state.order(fx, node, order));
    }
  }

  private void begin(long step, long marginSteps, Effects<JobEvent> fx) {
    attempt = new Attempt(state.group().generation(), step, marginSteps, fx.nowNs());
    written = new RollCall(state.group());
  }

  void written(ToMaster.ShardsWritten message, Effects<JobEvent> fx) {
    if (!message.generation().equals(state.group().generation()) || !state.grouped()) {
      return;
    }
    boolean last = message.step() == state.config.job().steps();
    if (last && (attempt == null || attempt.step != message.step())) {
      begin(message.step(), 0, fx);
    }
    if (attempt == null || attempt.step != message.step()) {
      return;
    }
    if (message.passed()) {
      order(2 * attempt.marginSteps, fx);
    } else if (!message.problem().isEmpty()) {
      failed("node %s: %s".formatted(message.node(), message.problem()), fx);
    } else {
      written.add(message.node());
      commitIfComplete(fx);
    }
  }

  private void commitIfComplete(Effects<JobEvent> fx) {
    if (written.complete()) {
      int shards = state.sharded ? state.group().worldSize() : state.group().nodes().size();
      state.order(
          fx,
          state.group().nodes().getFirst(),
          new ToAgent.CommitCheckpoint(attempt.generation, attempt.step, shards));
    }
  }

  private void failed(String why, Effects<JobEvent> fx) {
    fx.note(
        "checkpoint.failed",
        "step %d of generation %s is no checkpoint: %s; earlier ones stay"
            .formatted(attempt.step, attempt.generation, why));
    lastFailed |= attempt.step == state.config.job().steps();
    attempt = null;
  }

  /** A commit that is told late counts as well: the checkpoint is there. */
  void committed(ToMaster.CheckpointCommitted message, Effects<JobEvent> fx) {
    boolean awaited =
        attempt != null
            && attempt.step == message.step()
            && attempt.generation.equals(message.generation());
    if (message.problem().isEmpty()) {
      state.checkpoints.stored(new Point(message.step(), message.generation()));
      state.checkpoints.retain(settings().keepLast(), settings().keepEvery());
      double seconds = awaited ? (fx.nowNs() - attempt.sinceNs) / 1e9 : Double.NaN;
      fx.note(
          "checkpoint.committed",
          "step %d of generation %s is on storage%s"
              .formatted(
                  message.step(),
                  message.generation(),
                  awaited ? ", %.1f s after it was ordered".formatted(seconds) : ""));
      attempt = awaited ? null : attempt;
    } else if (awaited) {
      failed("node %s: %s".formatted(message.node(), message.problem()), fx);
    }
  }

  /** Whether the last step is still on its way to storage. */
  boolean lastAwaited() {
    long last = state.config.job().steps();
    return settings().persists()
        && state.config.job().worker().managed()
        && state.grouped()
        && !lastFailed
        && state.checkpoints.newestStored().map(p -> p.step() < last).orElse(true);
  }
}
