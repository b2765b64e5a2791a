package dev.muster.simulator.drill;

import dev.muster.protocol.core.Observation;
import dev.muster.simulator.cluster.ClusterListener;
import java.util.ArrayList;
import java.util.List;

/** All that a master told, with the nanosecond. */
final class Told implements ClusterListener {
  private final List<String> lines = new ArrayList<>();

  static List<String> of(Drill drill, long seed, boolean elides) {
    var told = new Told();
    DrillRun.play(drill, drill.plan(seed), true, HostKind.CORE, elides, told);
    return told.lines;
  }

  @Override
  public void noted(long nowNs, Observation note) {
    lines.add(nowNs + " " + note.topic() + ": " + note.text());
  }
}
