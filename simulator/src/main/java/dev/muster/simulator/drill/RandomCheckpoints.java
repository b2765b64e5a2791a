package dev.muster.simulator.drill;

import dev.muster.protocol.core.CounterRandom;
import java.util.List;
import java.util.Locale;

/**
 * A drill drawn from a seed whose job makes checkpoints of its own, on a small fleet: whatever
 * holds its state is killed at random points of steps, saves, transfers, writes and restores.
 * Written out as a drill file.
 */
public final class RandomCheckpoints {
  private static final double INCLUDED = 0.5;
  private static final double BUGGIFIED = 0.3; // of the drills

  /** Line, its mean gap in s at the rate 1. */
  private record Kind(String line, int gapSeconds) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind("do = crash", 15),
          new Kind("do = crash, pick { nodes = 60% }", 40),
          new Kind("do = crash, pick { nodes = 100% }", 60),
          new Kind("do = hang", 60),
          new Kind("do = agent-kill, for { exponential = 2s }", 30),
          new Kind("do = agent-kill, pick { nodes = 100% }, for { exponential = 2s }", 60),
          new Kind("do = reboot, for { exponential = 3s }", 30),
          new Kind("do = reboot, pick { nodes = 50% }, for { exponential = 3s }", 60),
          new Kind("do = reboot, pick { nodes = 100% }, for { exponential = 3s }", 120),
          new Kind("do = node-down, for { exponential = 40s }", 60),
          new Kind("do = rack-down, for { exponential = 10s }", 80),
          new Kind("do = agent-pause, for { exponential = 8s }", 60),
          new Kind("do = partition, for { exponential = 6s }", 30),
          new Kind("do = partition-in, for { exponential = 6s }", 60),
          new Kind("do = partition-out, for { exponential = 6s }", 60),
          new Kind("do = link-loss, factor = 0.3, for = 20s", 80),
          new Kind("do = master-kill, for { exponential = 2s }", 40),
          new Kind("do = master-pause, for { exponential = 4s }", 60),
          new Kind("do = journal-slow, factor = 100, for = 20s", 80),
          new Kind("do = slow-start, factor = 4, for = 30s", 80),
          new Kind("do = fail-slow, factor = 0.4, for { exponential = 10s }", 60),
          new Kind("do = maintenance, for = 20s", 80),
          new Kind("do = snapshot-corrupt", 20),
          new Kind("do = slow-storage, factor = 10, for = 20s", 60),
          new Kind("do = storage-outage, for = 10s", 60),
          new Kind("do = checkpoint-corrupt", 60),
          new Kind("do = checkpoint-missing", 80));

  /** What strikes in the midst of a recovery: in a transfer or a restore. */
  private static final List<String> REACTIONS =
      List.of(
          "do = crash, when = recovering, after { exponential = 200ms }, at-most = 10",
          "do = crash, pick { nodes = 100% }, when = recovering, after { exponential = 3s },"
              + " at-most = 4",
          "do = agent-kill, when = recovering, after { exponential = 1s }, for = 1s, at-most = 5",
          "do = reboot, when = recovering, after { exponential = 2s }, for = 1s, at-most = 5",
          "do = partition, when = recovering, after { exponential = 500ms }, for = 6s, at-most = 4",
          "do = master-kill, when = recovering, after { exponential = 500ms }, for = 1s, at-most ="
              + " 4",
          "do = crash, when = recovered, after { exponential = 300ms }, at-most = 10",
          "do = reboot, when = recovered, after { exponential = 1s }, for = 2s, at-most = 5");

  /** Without which a fleet that has no slot to spare would keep its size. */
  private static final List<Kind> DEPARTURES =
      List.of(
          new Kind("do = node-down, for { exponential = 8s }", 15),
          new Kind("do = reboot, for { exponential = 5s }", 20));

  private final long seed;
  private final boolean crowded;
  private int draws;

  private RandomCheckpoints(long seed, boolean crowded) {
    this.seed = seed;
    this.crowded = crowded;
  }

  public static Drill of(long seed) {
    return DrillReader.parse(text(seed), "random checkpoints " + seed);
  }

  /** The drill as a file. */
  public static String text(long seed) {
    return new RandomCheckpoints(seed, false).text();
  }

  /**
   * The same with a member in every slot: a group that loses a node shrinks, and grows when the
   * node is back.
   */
  public static String crowdedText(long seed) {
    return new RandomCheckpoints(seed, true).text();
  }

  private double unit() {
    return CounterRandom.unit(CounterRandom.mix(seed, "random-checkpoints", draws++, 0));
  }

  private int between(int low, int high) {
    return low + (int) (unit() * (high - low + 1));
  }

  private boolean chance(double share) {
    return unit() < share;
  }

  private String text() {
    int nodes = between(2, 8);
    int slots = between(2, 4);
    int sparing = between(2, nodes * (slots - 1));
    int workers = crowded ? nodes * slots : sparing;
    int min = Math.max(1, (int) (workers * (0.2 + 0.5 * unit())));
    int stepMs = between(50, 500);
    int leaseMs = between(3, 10) * 1000;
    long pushMs = 1 + (long) (3_000 * Math.pow(unit(), 4));
    long persistMs = 1 + (long) (10_000 * Math.pow(unit(), 4));
    long restoreMs = workers * pushMs + persistMs; // at most: all shards fetched by one node
    return String.format(
        Locale.ROOT,
        """
        # Drawn from seed %d.
        drill = random-checkpoints-%d
        seeds = %d
        buggify = %s
        phases { safety = %ds, liveness = %dms }
        fleet { nodes = %d, slots = %d, nodes-per-rack = %d, racks-per-power = 2 }
        job {
          workers = %d, min-workers = %d, spares = %d, step = %dms, start = %dms
          checkpoint {
            %s
          }
        }
        policy.a { lease = %dms, beat = %dms, start-timeout = %dms }
        expect { never = [violation, unprovoked-end, late-group] }
        faults = [
        %s]
        """,
        seed,
        seed,
        seed,
        chance(BUGGIFIED) ? "drawn" : "none",
        between(30, 90),
        60_000 + 2 * restoreMs,
        nodes,
        slots,
        between(1, 3),
        workers,
        min,
        between(0, 3),
        stepMs,
        between(300, 3000),
        checkpoint(stepMs, pushMs, persistMs),
        leaseMs,
        leaseMs / between(10, 30),
        15_000 + restoreMs,
        faults());
  }

  private String memoryEvery() {
    int steps = between(1, 12);
    return steps > 10 ? "auto" : Integer.toString(steps);
  }

  /** Saves from next to nothing to more than a step. */
  private String checkpoint(int stepMs, long pushMs, long persistMs) {
    long saveMs = Math.max(1, (long) (stepMs * 2 * unit() * unit()));
    return String.format(
        Locale.ROOT,
        "memory-every = %s, sharded = %s, copies = %d, copy = %s, persist = %s\n"
            + "    keep-last = %d, keep-every = %d\n"
            + "    bytes-per-rank = 1000000000, copy-per-second = %d, network-per-second = %d,"
            + " storage-per-second = %d",
        memoryEvery(),
        chance(0.4),
        between(1, 3),
        chance(0.8) ? interval(15_000) : "0s",
        chance(0.7) ? interval(20_000) : "0s",
        between(1, 3),
        chance(0.2) ? between(10, 50) : 0,
        1_000_000_000_000L / saveMs,
        1_000_000_000_000L / pushMs,
        1_000_000_000_000L / persistMs);
  }

  private String interval(int msMax) {
    return chance(0.2) ? "auto" : between(500, msMax) + "ms";
  }

  private String faults() {
    var text = new StringBuilder();
    double rate = 0.2 + 2 * unit();
    for (var kind : KINDS) {
      if (chance(INCLUDED)) {
        line(text, kind, rate);
      }
    }
    if (crowded) {
      DEPARTURES.forEach(kind -> line(text, kind, rate));
    }
    for (var reaction : REACTIONS) {
      if (chance(INCLUDED / 2)) {
        line(text, reaction);
      }
    }
    return text.toString();
  }

  private static void line(StringBuilder text, Kind kind, double rate) {
    line(text, kind.line() + ", every = " + Math.round(1000 * kind.gapSeconds() / rate) + "ms");
  }

  private static void line(StringBuilder text, String line) {
    text.append("  { ").append(line).append(" }\n");
  }
}
