package dev.muster.protocol.run;

import java.util.List;

/**
 * Newest snapshot of a run, {@code progress.json}; replaced atomically a few times a second.
 *
 * @param detail one sentence on the state, may be empty
 * @param step last committed step, 0 before the first
 * @param steps steps to commit
 * @param loss last global training loss, NaN when unknown
 * @param unitsPerSecond throughput of the whole group in {@code unit}, NaN when unknown
 * @param unit what the trainer counts, for example {@code tokens}
 * @param workers members of the current group
 * @param spares ready beside the group
 * @param recoveries completed ones
 * @param ranks in rank order
 */
public record Progress(
    RunState state,
    String detail,
    long generation,
    long step,
    long steps,
    double loss,
    double unitsPerSecond,
    String unit,
    int workers,
    int workersWanted,
    int spares,
    int recoveries,
    long updatedEpochMillis,
    List<Rank> ranks) {

  public static final Progress NONE =
      new Progress(
          RunState.PENDING, "", 0, 0, 0, Double.NaN, Double.NaN, "units", 0, 0, 0, 0, 0, List.of());

  public Progress {
    state = state == null ? RunState.PENDING : state;
    detail = detail == null ? "" : detail;
    unit = unit == null ? "units" : unit;
    ranks = ranks == null ? List.of() : List.copyOf(ranks);
  }

  /**
   * One member of the current group.
   *
   * @param worker {@code node/number}
   * @param step last step it applied, -1 when unknown
   */
  public record Rank(int rank, String worker, String node, long pid, long step) {}
}
