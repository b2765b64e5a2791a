package dev.muster.master.job;

import dev.muster.master.checkpoint.CheckpointLedger.Point;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;

/**
 * Asks one node what is on storage, after the master was started again: a commit of the former
 * master's last moment may be missing from the journal. No group begins before the answer, so that
 * none goes on from an older step than it could, unless it takes too long.
 */
final class Inventory {
  private static final long LIMIT_NS = 10_000_000_000L;

  private final JobState state;
  private boolean wanted;
  private NodeId asked; // null: nobody yet
  private long limitNs;

  Inventory(JobState state) {
    this.state = state;
  }

  /** Another master took over. */
  void masterReplaced() {
    wanted = state.config.job().checkpoint().persists() && !state.firstGroup();
    asked = null;
  }

  void nodeBack(NodeId node, Effects<JobEvent> fx) {
    if (wanted && (asked == null || asked.equals(node) || !state.fleet.node(asked).usable())) {
      if (asked == null) {
        limitNs = fx.nowNs() + LIMIT_NS;
      }
      asked = node;
      state.order(fx, node, new ToAgent.ListCheckpoints());
    }
  }

  /** How long a group has to wait for the answer yet; 0: no longer. */
  long leftNs(long nowNs) {
    return wanted && asked != null ? Math.max(0, limitNs - nowNs) : 0;
  }

  void listed(ToMaster.CheckpointsListed message, Effects<JobEvent> fx) {
    wanted = false;
    long found = message.stored().stream().filter(this::added).count();
    if (found > 0 || !message.problem().isEmpty()) {
      fx.note(
          "checkpoint.listed",
          "node %s found on storage what the journal does not hold: checkpoints=%d%s"
              .formatted(
                  message.node(),
                  found,
                  message.problem().isEmpty() ? "" : "; problem: " + message.problem()));
    }
  }

  /** One of a generation that no journal of this run knows is somebody else's. */
  private boolean added(ToMaster.Stored stored) {
    return !state.highest.isBefore(stored.generation())
        && state.checkpoints.stored(new Point(stored.step(), stored.generation()));
  }
}
