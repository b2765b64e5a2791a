package dev.muster.simulator.drill;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.run.Result;
import dev.muster.simulator.cluster.ClusterListener;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * Whether a job ended because its drill asked for it: hangs that met one step so often that the
 * step counts as poisoned, each of another process, and every one the work of a fault. Any other
 * end is the master's own.
 */
final class Provoked implements ClusterListener {
  private static final int DO_NOT_REQUEUE = 93; // as the step is poisoned
  private static final String HANG = "HANG";

  private final Map<NodeId, Integer> struck = new HashMap<>(); // hangs by node
  private final List<WorkerId> charged = new ArrayList<>(); // as hung at this step, in a row
  private long step = -1;
  private String latest = ""; // kind of failure that was charged last
  private boolean provoked;

  boolean provoked() {
    return provoked;
  }

  @Override
  public void hung(long nowNs, int node, long generation, boolean held) {
    struck.merge(new NodeId("n" + node), 1, Integer::sum);
  }

  @Override
  public void noted(long nowNs, Observation note) {
    if (note.topic().equals("failure.charged")) {
      latest = String.valueOf(note.fields().get("kind"));
      if (latest.equals(HANG)) {
        hungAt((Long) note.fields().get("step"), (String) note.fields().get("worker"));
      }
    }
  }

  private void hungAt(long at, String worker) {
    if (at != step) {
      charged.clear();
      step = at;
    }
    charged.add(WorkerId.parse(worker));
  }

  @Override
  public void finished(long nowNs, Result result) {
    provoked =
        result.exitCode() == DO_NOT_REQUEUE
            && latest.equals(HANG)
            && new HashSet<>(charged).size() == charged.size()
            && allStruck();
  }

  /** Whether as many processes of each node were hung by a fault as were charged. */
  private boolean allStruck() {
    var left = new HashMap<>(struck);
    return charged.stream().allMatch(worker -> left.merge(worker.node(), -1, Integer::sum) >= 0);
  }
}
