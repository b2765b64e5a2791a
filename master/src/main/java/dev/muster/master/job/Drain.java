package dev.muster.master.job;

import dev.muster.master.checkpoint.CheckpointLedger.Point;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.core.Effects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Nodes that leave, and a run that stops, once the newest step is saved: on storage, and at peers
 * where those hold copies. They wait for the job's grace at most; asked a second time, they go at
 * once.
 *
 * <pre>
 *   asked        training, something to save    waits, rounds begin
 *   asked        anything else                  goes
 *   waits        all rounds have ended, or the group has; the grace is over; asked again   goes
 * </pre>
 */
final class Drain {
  private static final String STOP = "stop";

  private final JobState state;
  private final SortedMap<NodeId, String> leaving = new TreeMap<>(); // with the reason
  private String stopping = ""; // the reason; empty: nobody has asked
  private long stopAtNs;
  private Optional<Point> storedBefore = Optional.empty(); // newest, when a stop was asked for

  Drain(JobState state) {
    this.state = state;
  }

  boolean leaves(NodeId node) {
    return leaving.containsKey(node);
  }

  boolean stops() {
    return !stopping.isEmpty();
  }

  void awaitLeave(NodeId node, String reason, Effects<JobEvent> fx) {
    leaving.put(node, reason);
    leaveIn(node, state.config.job().graceNs(), fx);
    fx.note(
        "node.draining",
        "node %s leaves (%s) once the newest step is saved, within %.1f s"
            .formatted(node, reason, state.config.job().graceNs() / 1e9));
  }

  void awaitStop(String reason, Effects<JobEvent> fx) {
    stopping = reason;
    stopAtNs = fx.nowNs() + state.config.job().graceNs();
    storedBefore = state.checkpoints.newestStored();
    stopIn(state.config.job().graceNs(), fx);
    fx.note(
        "job.draining",
        "the run ends (%s) once the newest step is saved, within %.1f s; asked again, at once"
            .formatted(reason, state.config.job().graceNs() / 1e9));
  }

  private void leaveIn(NodeId node, long ns, Effects<JobEvent> fx) {
    fx.timer("leave/" + node, ns, new JobEvent.LeaveDue(node));
  }

  private void stopIn(long ns, Effects<JobEvent> fx) {
    fx.timer(STOP, ns, new JobEvent.StopDue());
  }

  /** There is nothing more to wait for; also after a change of masters, whose timers are gone. */
  void release(Effects<JobEvent> fx) {
    leaving.keySet().forEach(node -> leaveIn(node, 0, fx));
    if (stops()) {
      stopIn(0, fx);
    }
  }

  /** It goes now; why it wanted to, empty if it has gone already. */
  String gone(NodeId node, Effects<JobEvent> fx) {
    fx.cancel("leave/" + node);
    var reason = leaving.remove(node);
    return reason == null ? "" : reason;
  }

  /** What the run that stops may still take for saving; 0 once it has saved. */
  long leftNs(long nowNs) {
    boolean saved = !state.checkpoints.newestStored().equals(storedBefore);
    return saved ? 0 : Math.max(0, stopAtNs - nowNs);
  }

  /** The run ends now; why it was to. */
  String stopped(Effects<JobEvent> fx) {
    fx.cancel(STOP);
    var reason = stopping;
    stopping = "";
    return reason;
  }
}
