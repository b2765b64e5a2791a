package dev.muster.simulator.drill;

import dev.muster.protocol.core.CounterRandom;
import java.util.List;
import java.util.Locale;

/**
 * A drill drawn from a seed: every option, which faults there are and how often, all written out as
 * a drill file. Some kinds of faults are left out of each, so that the others meet undisturbed
 * (swarm testing: Groce and others, 2012).
 */
public final class RandomDrill {
  private static final double INCLUDED = 0.4;
  private static final double BUGGIFIED = 0.8; // of the drills, as in FoundationDB

  /** Line, its mean gap in s at the rate 1. */
  private record Kind(String line, int gapSeconds) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind("do = crash", 60),
          new Kind("do = crash, pick { nodes = 30% }", 240),
          new Kind("do = hang", 120),
          new Kind("do = node-down, for { lognormal = [60s, 1.0] }", 180),
          new Kind("do = reboot, for { exponential = 3s }", 180),
          new Kind("do = agent-kill, for { exponential = 5s }", 180),
          new Kind("do = agent-pause, for { exponential = 12s }", 180),
          new Kind("do = partition, for { exponential = 10s }", 120),
          new Kind("do = partition-in, for { exponential = 10s }", 180),
          new Kind("do = partition-out, for { exponential = 10s }", 180),
          new Kind("do = partial-partition, for { exponential = 10s }", 240),
          new Kind("do = switch-down, for { exponential = 10s }", 300),
          new Kind("do = rack-down, for { exponential = 60s }", 400),
          new Kind("do = swizzle, spread = 5s, for { exponential = 5s }", 300),
          new Kind("do = link-delay, by = 300ms, for = 60s", 240),
          new Kind("do = link-loss, factor = 0.3, for = 60s", 240),
          new Kind("do = link-flap, for = 1s, times = 4", 240),
          new Kind("do = clock-drift, factor = 0.97, for = 120s", 240),
          new Kind("do = clock-drift, factor = 1.03, for = 120s", 240),
          new Kind("do = master-kill, for { exponential = 3s }", 180),
          new Kind("do = master-kill, for = 1s, times = 2, gap { exponential = 2s }", 300),
          new Kind("do = master-pause, for { exponential = 8s }", 240),
          new Kind("do = journal-slow, factor = 100, for = 60s", 300),
          new Kind("do = slow-start, factor = 4, for = 60s", 240),
          new Kind("do = spare-exhaustion, for = 60s", 400),
          new Kind("do = fail-slow, factor = 0.5, for = 60s", 240),
          new Kind("do = maintenance, for = 60s", 300));

  private static final List<String> REACTIONS =
      List.of(
          "do = crash, when = recovering, after { exponential = 20ms }, at-most = 10",
          "do = partition, when = recovering, after { exponential = 50ms }, for = 8s, at-most = 5",
          "do = master-kill, when = recovering, after { exponential = 20ms }, for = 1s, at-most ="
              + " 5",
          "do = node-down, when = recovered, after { exponential = 1s }, for = 30s, at-most = 5");

  private final long seed;
  private int draws;

  private RandomDrill(long seed) {
    this.seed = seed;
  }

  public static Drill of(long seed) {
    return DrillReader.parse(text(seed), "random drill " + seed);
  }

  /** The drill as a file. */
  public static String text(long seed) {
    return new RandomDrill(seed).text();
  }

  private double unit() {
    return CounterRandom.unit(CounterRandom.mix(seed, "random-drill", draws++, 0));
  }

  private int between(int low, int high) {
    return low + (int) (unit() * (high - low + 1));
  }

  private String text() {
    int nodes = between(3, 12);
    int slots = between(2, 5);
    int workers = between(2, nodes * (slots - 1));
    int min = Math.max(1, (int) (workers * (0.2 + 0.4 * unit())));
    int leaseMs = between(4, 30) * 1000;
    double core = Math.max(0.6, Math.ceil((double) min / slots + 1) / nodes);
    return String.format(
        Locale.ROOT,
        """
        # Drawn from seed %d.
        drill = random-%d
        seeds = %d
        buggify = %s
        phases { safety = %ds, liveness = 300s, core = %.4f }
        fleet { nodes = %d, slots = %d, nodes-per-rack = %d, racks-per-power = 2 }
        job { workers = %d, min-workers = %d, spares = %d, step = %dms, start = %dms }
        policy.a { lease = %dms, beat = %dms }
        expect { never = [violation, unprovoked-end, late-group] }
        faults = [
        %s]
        """,
        seed,
        seed,
        seed,
        buggified() ? "drawn" : "none",
        between(300, 900),
        Math.min(1, core),
        nodes,
        slots,
        between(1, 4),
        workers,
        min,
        between(0, 4),
        between(50, 2000),
        between(500, 8000),
        leaseMs,
        leaseMs / between(10, 40),
        faults());
  }

  /** Not always: a rare way may hide another. Shifts none of the other draws. */
  private boolean buggified() {
    return CounterRandom.unit(CounterRandom.mix(seed, "random-drill/buggify", 0, 0)) < BUGGIFIED;
  }

  private String faults() {
    var text = new StringBuilder();
    double rate = 0.3 + 2 * unit();
    for (var kind : KINDS) {
      if (unit() < INCLUDED) {
        line(text, kind.line() + ", every = " + Math.round(1000 * kind.gapSeconds() / rate) + "ms");
      }
    }
    for (var reaction : REACTIONS) {
      if (unit() < INCLUDED / 2) {
        line(text, reaction);
      }
    }
    return text.toString();
  }

  private static void line(StringBuilder text, String line) {
    text.append("  { ").append(line).append(" }\n");
  }
}
