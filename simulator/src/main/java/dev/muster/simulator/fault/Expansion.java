package dev.muster.simulator.fault;

import java.util.ArrayList;
import java.util.List;

/** Turns lines of a drill into explicit faults. Pure: the same seed gives the same faults. */
final class Expansion {
  private final Topology fleet;
  private final long seed;
  private final Window window;

  Expansion(Topology fleet, long seed, Window window) {
    this.fleet = fleet;
    this.seed = seed;
    this.window = window;
  }

  /** All that is known before the run: nothing of a line that waits for something. */
  List<Fault> planned(FaultSpec spec) {
    return switch (spec.timing()) {
      case Timing.At(var atNs) -> strike(spec, 0, atNs);
      case Timing.Every(var gap, var fromNs) -> repeated(spec, gap, fromNs);
      case Timing.When _ -> List.of();
    };
  }

  private List<Fault> repeated(FaultSpec spec, Span gap, long fromNs) {
    var faults = new ArrayList<Fault>();
    int index = 0;
    long atNs = fromNs + gapNs(spec, gap, index);
    while (atNs <= window.untilNs()) {
      faults.addAll(strike(spec, index++, atNs));
      atNs += gapNs(spec, gap, index);
    }
    return faults;
  }

  /** At least 1 ns: a drawn 0 must not repeat for ever. */
  private long gapNs(FaultSpec spec, Span gap, int index) {
    return Math.max(1, new Draws(seed, "gap/" + spec.line(), index).ns(gap));
  }

  /** How long after what it waited for a line strikes. */
  long delayNs(Timing.When timing, int line, int index) {
    return Math.max(1, new Draws(seed, "after/" + line, index).ns(timing.after()));
  }

  /** The {@code index}-th time that a line strikes. */
  List<Fault> strike(FaultSpec spec, int index, long atNs) {
    var draws = new Draws(seed, "fault/" + spec.line(), index);
    var nodes = spec.verb().clusterWide() ? List.<Integer>of() : spec.pick().nodes(fleet, draws);
    var faults =
        switch (spec.verb()) {
          case SWIZZLE -> swizzle(spec, index, atNs, nodes, draws);
          case LEMON -> lemon(spec, index, atNs, nodes, draws);
          default -> inARow(spec, index, atNs, nodes, draws);
        };
    return faults.stream()
        .filter(fault -> fault.atNs() <= window.untilNs())
        .map(window::clipped)
        .toList();
  }

  private List<Fault> inARow(
      FaultSpec spec, int index, long atNs, List<Integer> nodes, Draws draws) {
    var faults = new ArrayList<Fault>();
    long nextNs = atNs;
    for (int time = 0; time < spec.times(); time++) {
      faults.add(fault(spec, index, nextNs, draws.ns(spec.length()), nodes, draws));
      nextNs += Math.max(1, draws.ns(spec.gap()));
    }
    return faults;
  }

  /** Cuts the links one by one, and heals them one by one in another order. */
  private List<Fault> swizzle(
      FaultSpec spec, int index, long atNs, List<Integer> nodes, Draws draws) {
    var cuts = draws.some(nodes, nodes.size());
    var heals = draws.some(nodes, nodes.size());
    long holdNs = draws.ns(spec.length());
    var faults = new ArrayList<Fault>();
    for (int i = 0; i < cuts.size(); i++) {
      long fromNs = atNs + spec.spreadNs() * i / cuts.size();
      long healNs = heals.indexOf(cuts.get(i));
      long toNs = atNs + spec.spreadNs() + holdNs + spec.spreadNs() * healNs / cuts.size();
      faults.add(fault(spec, index, fromNs, toNs - fromNs, List.of(cuts.get(i)), draws));
    }
    return faults;
  }

  /** Each of the nodes loses one process after the other, for as long as the line says. */
  private List<Fault> lemon(
      FaultSpec spec, int index, long atNs, List<Integer> nodes, Draws draws) {
    var faults = new ArrayList<Fault>();
    long lengthNs = draws.ns(spec.length());
    long endNs = lengthNs > 0 ? Math.min(window.untilNs(), atNs + lengthNs) : window.untilNs();
    for (int node : nodes) {
      long nextNs = atNs;
      while ((nextNs += Math.max(1, draws.ns(spec.gap()))) <= endNs) {
        faults.add(fault(spec, index, nextNs, 0, List.of(node), draws));
      }
    }
    return faults;
  }

  private Fault fault(
      FaultSpec spec, int index, long atNs, long forNs, List<Integer> nodes, Draws draws) {
    var explicit = explicit(spec.verb());
    return new Fault(
        atNs,
        explicit,
        nodes,
        forNs,
        spec.factor(),
        spec.byNs(),
        spec.draw() >= 0 ? spec.draw() : draws.below(Integer.MAX_VALUE),
        explicit == spec.verb() ? "" : spec.verb().text(),
        spec.line(),
        index);
  }

  private static Verb explicit(Verb verb) {
    return switch (verb) {
      case RACK_DOWN, POWER_LOSS -> Verb.NODE_DOWN;
      case SWITCH_DOWN, PARTIAL_PARTITION, SWIZZLE, LINK_FLAP -> Verb.PARTITION;
      case LEMON -> Verb.CRASH;
      default -> verb;
    };
  }
}
