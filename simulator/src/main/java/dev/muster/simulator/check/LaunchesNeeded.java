package dev.muster.simulator.check;

import dev.muster.protocol.core.Observation;
import java.util.Set;

/**
 * No process is started beyond those that the job asks for and those that took the place of others:
 * that ended, or that the master gave up, of which some may come back.
 */
final class LaunchesNeeded extends Invariant {
  /** Of one worker that may live on. */
  private static final Set<String> CONDEMNED = Set.of("worker.late", "worker.hung");

  /** Of all that a node has: it may come back with them. */
  private static final Set<String> AWAY = Set.of("node.suspect", "node.lost");

  private final int wanted;
  private final int slots;
  private long launched;
  private long replaced;
  private boolean resumed; // the next master is not the first

  /**
   * @param wanted workers and warm spares
   * @param slots of a node
   */
  LaunchesNeeded(int wanted, int slots) {
    this.wanted = wanted;
    this.slots = slots;
  }

  @Override
  public void launched(long nowNs, int node) {
    launched++;
    if (launched > wanted + replaced) {
      violated(
          nowNs,
          "more processes than the job asks for: started=%d wanted=%d replaced=%d"
              .formatted(launched, wanted, replaced));
    }
  }

  /** One that takes over knows of no worker before its node has registered. */
  @Override
  public void master(long nowNs, boolean up) {
    replaced += up && resumed ? wanted : 0;
    resumed = true;
  }

  @Override
  public void ended(long nowNs, int node, long condition, boolean held) {
    replaced++;
  }

  @Override
  public void noted(long nowNs, Observation observation) {
    if (CONDEMNED.contains(observation.topic())) {
      replaced++;
    } else if (AWAY.contains(observation.topic())) {
      replaced += slots; // at most
    } else if (observation.topic().equals("generation.fenced")) {
      replaced += wanted; // who is left out of its group, at most
    }
  }
}
