package dev.muster.simulator.checkpoint;

/**
 * A training state by how it came about: steps are computed the same way by all ranks of a
 * generation, and no two generations need compute the same bits. So two states are the same if and
 * only if their ids are.
 *
 * @param generation of the group that computed {@code step}, also when later groups went on from it
 * @param step the last one in it
 */
public record StateId(long generation, long step) {
  /** Before the first step. */
  public static final StateId FRESH = new StateId(0, 0);

  @Override
  public String toString() {
    return "step " + step + " of generation " + generation;
  }
}
