package dev.muster.simulator.fault;

import java.util.ArrayList;
import java.util.List;

/**
 * All faults of one run, explicit and in the order they strike: replaying it needs neither the
 * drill's fault lines nor a random draw.
 *
 * @param drill its name
 * @param seed of the world that it is played in
 */
public record Plan(String drill, long seed, List<Fault> faults) {
  /** Changes whenever the same plan would no longer give the same history. */
  public static final int FORMAT = 1;

  public Plan {
    faults = faults.stream().sorted(Fault.ORDER).toList(); // stable
  }

  /**
   * What is known before the run.
   *
   * @param profiled faults that the hardware brings, see {@code simulator.hardware}
   */
  public static Plan expand(
      String drill,
      List<FaultSpec> lines,
      List<Fault> profiled,
      Topology fleet,
      long seed,
      Window window) {
    var expansion = new Expansion(fleet, seed, window);
    var faults = new ArrayList<Fault>();
    profiled.forEach(fault -> faults.add(window.clipped(fault)));
    lines.forEach(line -> faults.addAll(expansion.planned(line)));
    return new Plan(drill, seed, faults);
  }

  public Plan with(List<Fault> others) {
    return new Plan(drill, seed, others);
  }
}
