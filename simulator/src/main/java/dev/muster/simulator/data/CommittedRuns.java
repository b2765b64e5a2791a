package dev.muster.simulator.data;

import dev.muster.protocol.message.ToAgent;
import dev.muster.simulator.cluster.ClusterListener;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Which group committed which step, as the world saw it. A group that begins before the newest step
 * makes the steps after its first one again: those of the groups before it count no more.
 */
final class CommittedRuns implements ClusterListener {
  private final TreeMap<Long, Integer> worlds = new TreeMap<>(); // by generation
  private final List<String> findings = new ArrayList<>();
  private List<GroupRun> runs = new ArrayList<>();
  private GroupRun open; // of the group that trains, else null
  private long redone;
  private int groups;

  @Override
  public void opened(long nowNs, ToAgent.Form form) {
    worlds.put(form.group().generation().number(), form.group().worldSize());
  }

  @Override
  public void trains(long nowNs, long generation, long startStep) {
    if (open != null) {
      findings.add("generation " + generation + " trains while " + open.generation() + " does");
    }
    if (startStep > head()) {
      findings.add(
          "steps that nobody committed: from=%d to=%d generation=%d"
              .formatted(head() + 1, startStep, generation));
    }
    redone += Math.max(0, head() - startStep);
    runs = before(startStep);
    open = new GroupRun(generation, worlds.get(generation), startStep, startStep);
    groups++;
  }

  private List<GroupRun> before(long step) {
    var kept = new ArrayList<GroupRun>();
    runs.stream().filter(run -> run.from() < step).map(run -> run.upTo(step)).forEach(kept::add);
    return kept;
  }

  @Override
  public void stopped(long nowNs, long generation, Trained trained) {
    if (open != null && open.generation() == generation) {
      close(trained.committed());
    } else if (trained.committed() > trained.startStep()) {
      findings.add("generation " + generation + " committed after a later group had begun");
    }
  }

  /**
   * The drill is over.
   *
   * @param committed newest step of the newest group
   */
  void end(long committed) {
    if (open != null) {
      close(committed);
    }
  }

  private void close(long committed) {
    if (committed > open.from()) {
      runs.add(new GroupRun(open.generation(), open.worldSize(), open.from(), committed));
    }
    open = null;
  }

  /** In order; they follow on each other unless {@link #findings} says otherwise. */
  List<GroupRun> runs() {
    return List.copyOf(runs);
  }

  long head() {
    return runs.isEmpty() ? 0 : runs.getLast().to();
  }

  /** Committed steps that a later group made again. */
  long redone() {
    return redone;
  }

  /** How many groups trained. */
  int groups() {
    return groups;
  }

  List<String> findings() {
    return findings;
  }
}
