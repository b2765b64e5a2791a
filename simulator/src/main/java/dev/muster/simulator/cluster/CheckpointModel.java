package dev.muster.simulator.cluster;

/**
 * Checkpoints as the world models them: the master knows nothing of them yet. All ranks stand still
 * for {@code stallNs} after the last step of every interval, then the checkpoint is durable; one
 * cut short is not. A group that finds no state begins at the newest durable one.
 *
 * @param intervalNs of undisturbed steps between two, rounded down to whole steps; 0: there are
 *     none. Too short: stalls, too long: redone work
 * @param restoreNs to read one, for a whole group
 * @param lostWith what has to die for the state in memory to be lost
 */
public record CheckpointModel(long intervalNs, long stallNs, long restoreNs, LostWith lostWith) {
  /** No checkpoints; without any holder training begins at step 0. */
  public static final CheckpointModel NONE = new CheckpointModel(0, 0, 0, LostWith.LAST_HOLDER);

  /** Whose death loses the state in memory. */
  public enum LostWith {
    /** Every rank holds all of it (data parallel): any survivor can pass it on. */
    LAST_HOLDER,
    /** Every rank holds a part that nobody else has: each loss goes back to the checkpoint. */
    ANY_MEMBER
  }

  public boolean none() {
    return intervalNs == 0;
  }

  /** How a group proceeds that begins at {@code startStep}. */
  public Pace pace(long startStep, long stepNs) {
    return new Pace(startStep, stepNs, none() ? 0 : Math.max(1, intervalNs / stepNs), stallNs);
  }
}
