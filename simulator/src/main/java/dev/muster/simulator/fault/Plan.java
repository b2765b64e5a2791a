package dev.muster.simulator.fault;

import dev.muster.protocol.core.Buggify;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * All faults of one run, explicit and in the order they strike: replaying it needs neither the
 * drill's fault lines nor a random draw.
 *
 * @param drill its name
 * @param seed of the world that it is played in
 * @param buggified rare ways that the cores may take in it
 */
public record Plan(String drill, long seed, Set<Buggify> buggified, List<Fault> faults) {
  /** Changes whenever the same plan would no longer give the same history. */
  public static final int FORMAT = 1;

  public Plan {
    buggified = sorted(buggified);
    faults = faults.stream().sorted(Fault.ORDER).toList(); // stable
  }

  private static Set<Buggify> sorted(Collection<Buggify> points) {
    var sorted = EnumSet.noneOf(Buggify.class);
    sorted.addAll(points);
    return Collections.unmodifiableSet(sorted);
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
    return new Plan(drill, seed, Set.of(), faults);
  }

  public Plan with(List<Fault> others) {
    return new Plan(drill, seed, buggified, others);
  }

  public Plan buggified(Collection<Buggify> points) {
    return new Plan(drill, seed, sorted(points), faults);
  }

  /** In words, after what the plan is otherwise; empty when the cores take no rare ways. */
  public String rareWays() {
    return buggified.isEmpty()
        ? ""
        : buggified.stream()
            .map(Buggify::text)
            .collect(Collectors.joining(" ", ", buggified ", ""));
  }
}
