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
 * @param storedNs one in so long, rounded to whole intervals, is written to storage as well; the
 *     others lie in the memory of the group's hosts and are lost with one of them. 0: all are on
 *     storage
 * @param storedRestoreNs to read one from storage instead, for a whole group
 */
public record CheckpointModel(
    long intervalNs,
    long stallNs,
    long restoreNs,
    LostWith lostWith,
    long storedNs,
    long storedRestoreNs) {
  /** No checkpoints; without any holder training begins at step 0. */
  public static final CheckpointModel NONE =
      new CheckpointModel(0, 0, 0, LostWith.LAST_HOLDER, 0, 0);

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

  /** Whether a host that is lost takes checkpoints with it. */
  public boolean inMemory() {
    return storedNs > 0;
  }

  /** The newest step on storage when {@code step} is the newest checkpoint. */
  public long stored(long step, long stepNs) {
    long every = intervalSteps(stepNs);
    return inMemory() ? step - step % (every * Math.max(1, storedNs / (every * stepNs))) : step;
  }

  public long longestRestoreNs() {
    return Math.max(restoreNs, storedRestoreNs);
  }

  private long intervalSteps(long stepNs) {
    return Math.max(1, intervalNs / stepNs);
  }

  /** How a group proceeds that begins at {@code startStep}. */
  public Pace pace(long startStep, long stepNs) {
    return new Pace(startStep, stepNs, none() ? 0 : intervalSteps(stepNs), stallNs);
  }
}
