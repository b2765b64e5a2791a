package dev.muster.simulator.drill;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * One line of a drill's faults.
 *
 * @param atNs when, counted from the start; -1: repeatedly
 * @param everyNs mean time between two of them (exponential), 0: once
 * @param node which one, -1: any, drawn from the seed
 * @param forNs how long it lasts; ignored by verbs that have no end
 */
public record Fault(Verb verb, long atNs, long everyNs, int node, long forNs) {
  /** What can be done to the cluster. */
  public enum Verb {
    CRASH,
    HANG,
    AGENT_KILL,
    NODE_DOWN,
    PARTITION,
    AGENT_PAUSE,
    MASTER_KILL;

    /** As it is written: {@code node-down}. */
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Optional<Verb> of(String text) {
      return Arrays.stream(values()).filter(verb -> verb.text().equals(text)).findFirst();
    }
  }

  @Override
  public String toString() {
    String when =
        everyNs > 0 ? "every " + everyNs / 1e9 + " s on average" : "at " + atNs / 1e9 + " s";
    String where = verb == Verb.MASTER_KILL ? "" : node < 0 ? " any node" : " node n" + node;
    String length = forNs > 0 ? " for " + forNs / 1e9 + " s" : "";
    return verb.text() + where + " " + when + length;
  }
}
