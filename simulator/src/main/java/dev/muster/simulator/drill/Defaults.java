package dev.muster.simulator.drill;

import dev.muster.simulator.fault.Span;
import dev.muster.simulator.fault.Topology.Scope;
import dev.muster.simulator.fault.Verb;
import dev.muster.simulator.hocon.Values;

/** What a line of faults means when it does not say. */
final class Defaults {
  static final long SECOND = 1_000_000_000L;
  static final long SPREAD_NS = 10 * SECOND;

  private Defaults() {}

  static Scope scope(Verb verb) {
    return switch (verb) {
      case RACK_DOWN, PARTIAL_PARTITION, SWIZZLE -> Scope.RACK;
      case SWITCH_DOWN -> Scope.SWITCH;
      case POWER_LOSS -> Scope.POWER;
      default -> Scope.NODE;
    };
  }

  static Span length(Verb verb) {
    return switch (verb) {
      case CRASH, HANG, CLOCK_STEP, LEMON -> Span.ZERO;
      case SNAPSHOT_CORRUPT, CHECKPOINT_CORRUPT, CHECKPOINT_MISSING -> Span.ZERO;
      case LINK_FLAP -> seconds(1);
      case REBOOT, MASTER_KILL -> seconds(3); // faster than the detector gives up a node
      case AGENT_KILL, PARTITION, PARTITION_IN, PARTITION_OUT, PARTIAL_PARTITION -> seconds(5);
      case AGENT_PAUSE, MASTER_PAUSE -> seconds(10);
      case SWIZZLE, SWITCH_DOWN -> seconds(60);
      case LINK_DELAY, LINK_LOSS, JOURNAL_SLOW, SLOW_STORAGE, STORAGE_OUTAGE -> seconds(300);
      default -> seconds(600);
    };
  }

  private static Span seconds(long seconds) {
    return new Span.Fixed(seconds * SECOND);
  }

  static double factor(Verb verb) {
    return 1;
  }

  static int times(Verb verb) {
    return verb == Verb.LINK_FLAP ? 5 : 1;
  }

  static Span gap(Verb verb) {
    return switch (verb) {
      case LEMON -> new Span.Exponential(3600 * SECOND);
      case LINK_FLAP -> seconds(4);
      default -> seconds(1);
    };
  }

  /** What the number of a verb has to be. */
  static String needs(Verb verb) {
    return switch (verb) {
      case FAIL_SLOW -> "fail-slow needs factor: the speed left, above 0 and below 1";
      case LINK_LOSS ->
          "link-loss needs factor: the share of packets lost, above 0 and at most 0.9;"
              + " partition loses all";
      case CLOCK_DRIFT ->
          "clock-drift needs factor: how fast the clock runs, from 0.5 to 2 and not 1";
      case SLOW_START, JOURNAL_SLOW, SLOW_STORAGE ->
          verb.text() + " needs factor: how many times as long, above 1";
      case CLOCK_STEP, LINK_DELAY -> verb.text() + " needs by: " + Values.DURATION_TEXT;
      default -> "";
    };
  }

  static boolean accepts(Verb verb, double factor) {
    return switch (verb) {
      case FAIL_SLOW -> factor > 0 && factor < 1;
      case LINK_LOSS -> factor > 0 && factor <= 0.9;
      case CLOCK_DRIFT -> factor >= 0.5 && factor <= 2 && factor != 1;
      default -> factor > 1;
    };
  }
}
