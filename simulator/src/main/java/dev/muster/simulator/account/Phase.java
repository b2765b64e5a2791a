package dev.muster.simulator.account;

import dev.muster.protocol.core.Observation;

/**
 * What the members of the job wait for while no group trains.
 *
 * <pre>
 *   START     before the first group is ordered
 *   DETECT    its group stopped, nobody knows
 *   DECIDE    a node has revoked it, the master has not ended it
 *   REVOKE    the master has ended it
 *   WAIT      the master waits for workers
 *   REGROUP   the master has formed the next
 *   RESTORE   all have joined it
 * </pre>
 */
final class Phase {
  private TimeClass current = TimeClass.WAIT;
  private boolean ended; // the master has ended the group, which may still train
  private boolean trains;

  TimeClass timeClass() {
    return current;
  }

  boolean waiting() {
    return !trains && current == TimeClass.WAIT;
  }

  void complete() {
    current = TimeClass.RESTORE;
  }

  void trains() {
    trains = true;
    ended = false;
  }

  /**
   * @param newest false: another group is on its way already
   */
  void stopped(boolean newest) {
    trains = false;
    if (newest) {
      current = ended ? TimeClass.REVOKE : TimeClass.DETECT;
    }
  }

  /** Somebody knows that the group has stopped. */
  void known() {
    if (current == TimeClass.DETECT) {
      current = TimeClass.DECIDE;
    }
  }

  void noted(Observation observation) {
    switch (observation.topic()) {
      case "generation.revoked" -> endedByMaster();
      case "generation.formed" -> formed();
      case "job.detail" -> detail(observation.text());
      default -> {}
    }
  }

  private void endedByMaster() {
    ended = true;
    if (!trains && current != TimeClass.WAIT) {
      current = TimeClass.REVOKE;
    }
  }

  private void formed() {
    ended = false;
    current = TimeClass.REGROUP;
  }

  private void detail(String text) {
    if (!trains && text.startsWith("waiting for")) {
      current = TimeClass.WAIT;
    }
  }
}
