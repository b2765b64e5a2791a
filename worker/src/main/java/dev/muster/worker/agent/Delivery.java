package dev.muster.worker.agent;

import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.ToAgent.Medium;
import java.util.Collection;
import java.util.Map;
import java.util.TreeSet;

/**
 * The snapshots of one step on their way from this node to one medium: begun as soon as each worker
 * has saved that step, answered once for all of them.
 */
final class Delivery {
  private static final long NONE = -1;

  /** How one snapshot is sent off, and how the master is told. */
  interface Port {
    void send(WorkerId worker, long step, Effects<AgentEvent> fx);

    /**
     * @param problem empty when all have arrived
     * @param passed this node is past the step
     */
    void answer(long step, String problem, boolean passed, Effects<AgentEvent> fx);
  }

  private final Medium to;
  private final Port port;
  private final TreeSet<WorkerId> unsent = new TreeSet<>();
  private final TreeSet<WorkerId> underWay = new TreeSet<>();
  private long target = NONE;

  Delivery(Medium to, Port port) {
    this.to = to;
    this.port = port;
  }

  Medium to() {
    return to;
  }

  /**
   * From now on this step is wanted, and no other.
   *
   * @param saved newest step of each worker that has saved one
   */
  void aim(
      long step, Collection<WorkerId> savers, Map<WorkerId, Long> saved, Effects<AgentEvent> fx) {
    if (target == step) {
      return;
    }
    stop();
    target = step;
    unsent.addAll(savers);
    for (WorkerId worker : savers) {
      saved(worker, saved.getOrDefault(worker, NONE), fx);
    }
  }

  void saved(WorkerId worker, long step, Effects<AgentEvent> fx) {
    if (step < target || !unsent.contains(worker)) {
      return;
    }
    if (step > target) {
      end("its snapshot is gone: worker=" + worker + " newestStep=" + step, true, fx);
    } else {
      unsent.remove(worker);
      underWay.add(worker);
      port.send(worker, step, fx);
    }
  }

  /** The snapshot of a worker that is awaited does not come. */
  void cannot(WorkerId worker, String problem, Effects<AgentEvent> fx) {
    if (unsent.contains(worker)) {
      end(problem, false, fx);
    }
  }

  void arrived(AgentEvent.ShardWritten event, Effects<AgentEvent> fx) {
    if (event.step() != target || !underWay.contains(event.worker())) {
      return;
    }
    if (!event.problem().isEmpty()) {
      end(event.problem(), event.passed(), fx);
    } else {
      underWay.remove(event.worker());
      if (unsent.isEmpty() && underWay.isEmpty()) {
        end("", false, fx);
      }
    }
  }

  private void end(String problem, boolean passed, Effects<AgentEvent> fx) {
    long step = target;
    stop();
    port.answer(step, problem, passed, fx);
  }

  /** Whatever is under way is of no matter any more. */
  void stop() {
    target = NONE;
    unsent.clear();
    underWay.clear();
  }
}
