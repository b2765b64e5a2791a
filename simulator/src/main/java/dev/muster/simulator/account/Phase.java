package dev.muster.simulator.account;

import dev.muster.protocol.core.Observation;

/**
 * What the members of the job wait for while no group trains, followed from what the world and the
 * master say.
 *
 * <pre>
 *   DETECT    its group stopped, nobody knows
 *   DECIDE    a node has revoked it, the master has not ended it
 *   REVOKE    the master has ended it
 *   WAIT      the master waits for workers; also at first
 *   REGROUP   the master has formed the next
 *   RESTORE   all have joined it
 * </pre>
 */
public final class Phase {
  private TimeClass current = TimeClass.WAIT;
  private boolean ended; // the master has ended the group, which may still train
  private boolean trains;

  /** The phase, also the one before while a group trains. */
  public TimeClass timeClass() {
    return current;
  }

  public boolean training() {
    return trains;
  }

  boolean waiting() {
    return !trains && current == TimeClass.WAIT;
  }

  public void complete() {
    current = TimeClass.RESTORE;
  }

  public void trains() {
    trains = true;
    ended = false;
  }

  /**
   * @param newest false: another group is on its way already
   */
  public void stopped(boolean newest) {
    trains = false;
    if (newest) {
      current = ended ? TimeClass.REVOKE : TimeClass.DETECT;
    }
  }

  /** Somebody knows that the group has stopped. */
  public void known() {
    if (current == TimeClass.DETECT) {
      current = TimeClass.DECIDE;
    }
  }

  public void noted(Observation observation) {
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
