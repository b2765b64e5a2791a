package dev.muster.simulator.hardware;

import dev.muster.protocol.core.CounterRandom;
import dev.muster.simulator.fault.Fault;
import dev.muster.simulator.fault.Span;
import dev.muster.simulator.fault.Topology;
import dev.muster.simulator.fault.Verb;
import java.util.ArrayList;
import java.util.List;

/**
 * The failures that a profile brings: a Poisson process for every node and every domain. Each draw
 * is a function of (seed, stream, node, index), so one node more shifts nothing of the others.
 */
public final class Failures {
  /** Line of a fault that no line of a drill asked for. */
  public static final int LINE = -1;

  private static final double DAY_NS = 86_400e9;

  private final Profile profile;
  private final Topology fleet;
  private final long seed;
  private final long untilNs;
  private final List<Fault> faults = new ArrayList<>();

  private Failures(Profile profile, Topology fleet, long seed, long untilNs) {
    this.profile = profile;
    this.fleet = fleet;
    this.seed = seed;
    this.untilNs = untilNs;
  }

  /** All that begin before {@code untilNs}. */
  public static List<Fault> of(Profile profile, Topology fleet, long seed, long untilNs) {
    var failures = new Failures(profile, fleet, seed, untilNs);
    for (int node = 0; node < fleet.nodes(); node++) {
      failures.ofNode(node);
      failures.slowness(node);
    }
    profile.domains().forEach(failures::ofDomains);
    return failures.faults.stream().sorted(Fault.ORDER).toList();
  }

  /** What happens at the {@code index}-th event of {@code entity}. */
  private interface Event {
    Fault at(long atNs, int index);
  }

  private void events(String stream, int entity, double perNs, Event event) {
    if (perNs <= 0) {
      return;
    }
    double atNs = 0;
    for (int index = 0; ; index++) {
      atNs += -StrictMath.log(1 - unit(stream, entity, index)) / perNs;
      if (atNs > untilNs) {
        return;
      }
      faults.add(event.at((long) atNs, index));
    }
  }

  private double unit(String stream, int entity, int index) {
    return CounterRandom.unit(CounterRandom.mix(seed, "hardware/" + stream, entity, index));
  }

  private long ns(String stream, int entity, int index, Span span) {
    return span.ns(unit(stream, entity, 2 * index), unit(stream, entity, 2 * index + 1));
  }

  private int draw(String stream, int entity, int index) {
    return (int) (unit(stream, entity, index) * Integer.MAX_VALUE);
  }

  private void ofNode(int node) {
    double mean = profile.per1000NodeDays() / 1000 / DAY_NS;
    double others = mean / (1 + profile.lemonShare() * (profile.lemonFactor() - 1));
    double rate = lemon(node) ? others * profile.lemonFactor() : others;
    events("failure", node, rate, (atNs, index) -> failure(node, atNs, index));
  }

  private boolean lemon(int node) {
    return unit("lemon", node, 0) < profile.lemonShare();
  }

  private Fault failure(int node, long atNs, int index) {
    var cause = cause(unit("cause", node, index));
    boolean down = !cause.hangs() && unit("node-share", node, index) < profile.nodeShare();
    var verb = cause.hangs() ? Verb.HANG : down ? Verb.NODE_DOWN : Verb.CRASH;
    long forNs = down ? ns("repair", node, index, profile.repair()) : 0;
    int draw = draw("worker", node, index);
    return new Fault(atNs, verb, List.of(node), forNs, 1, 0, draw, cause.name(), LINE, index);
  }

  private Profile.Cause cause(double unit) {
    double left = unit * profile.causes().stream().mapToDouble(Profile.Cause::weight).sum();
    for (var cause : profile.causes()) {
      left -= cause.weight();
      if (left < 0) {
        return cause;
      }
    }
    return profile.causes().getLast(); // rounding
  }

  private void slowness(int node) {
    var slow = profile.slow();
    events(
        "slow",
        node,
        slow.per1000NodeDays() / 1000 / DAY_NS,
        (atNs, index) ->
            new Fault(
                atNs,
                Verb.FAIL_SLOW,
                List.of(node),
                ns("slow-time", node, index, slow.length()),
                slow.speed(),
                0,
                0,
                "slow host",
                LINE,
                index));
  }

  private void ofDomains(Profile.Domain domain) {
    var name = domain.scope().name().toLowerCase(java.util.Locale.ROOT);
    var verb = domain.scope() == Topology.Scope.SWITCH ? Verb.PARTITION : Verb.NODE_DOWN;
    for (int of = 0; of < fleet.count(domain.scope()); of++) {
      int entity = of;
      events(
          name,
          entity,
          domain.per1000Days() / 1000 / DAY_NS,
          (atNs, index) ->
              new Fault(
                  atNs,
                  verb,
                  fleet.nodesOf(domain.scope(), entity),
                  ns(name + "-time", entity, index, domain.length()),
                  1,
                  0,
                  0,
                  name + " " + entity,
                  LINE,
                  index));
    }
  }
}
