package dev.muster.simulator.cluster;

import dev.muster.protocol.message.ToAgent;
import java.util.Collection;
import java.util.NavigableSet;
import java.util.function.Consumer;

/** What must hold whatever the world does; checked when it could break, not after every event. */
final class Invariants {
  private Invariants() {}

  /**
   * Generations only grow, and no group starts below a state that a living worker holds.
   *
   * @param known generations opened before
   * @param livingStep newest step held by a worker whose lease goes on
   */
  static void opens(
      ToAgent.Form form, NavigableSet<Long> known, long livingStep, Consumer<String> violations) {
    long generation = form.group().generation().number();
    if (!known.isEmpty() && generation <= known.last()) {
      violations.accept("a generation came back: newest=" + known.last() + " order=" + generation);
    }
    if (form.startStep() < livingStep) {
      violations.accept(
          "committed steps were given up: generation="
              + generation
              + " startStep="
              + form.startStep()
              + " held="
              + livingStep);
    }
  }

  /** Two groups never commit at the same time. */
  static void trains(
      SimulatedGroup group,
      Collection<SimulatedGroup> all,
      long nowNs,
      Consumer<String> violations) {
    all.stream()
        .filter(other -> other != group && other.trains(nowNs))
        .findFirst()
        .ifPresent(other ->
            violations.accept(
                "two generations train: " + other.generation() + " and " + group.generation()));
  }
}
