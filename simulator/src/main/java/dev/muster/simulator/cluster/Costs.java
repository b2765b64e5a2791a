package dev.muster.simulator.cluster;

/**
 * What things cost in the simulated world, ns: a declared model, shown with every report.
 *
 * @param stepNs one step of the whole group
 * @param startNs from the launch of a process until it is ready
 * @param joinNs collective initialisation of a group of one
 * @param joinPerRankNs more of it for every rank
 * @param restoreNs until a newcomer holds the state of its group
 * @param noticeNs from the death of a process to the operating system's notice
 * @param serviceNs the master takes for a message of an agent, while the others wait in line; a
 *     beat waits too and takes nothing, for most of them are computed instead of played
 */
public record Costs(
    long stepNs,
    long startNs,
    long joinNs,
    long joinPerRankNs,
    long restoreNs,
    long noticeNs,
    long serviceNs) {
  private static final long MS = 1_000_000L;

  /** A step of one second; the rest as measured on one small host. */
  public static final Costs DEFAULT =
      new Costs(1000 * MS, 2000 * MS, 20 * MS, MS, 30 * MS, 20 * MS, 0);

  long joinNs(int worldSize) {
    return joinNs + joinPerRankNs * worldSize;
  }
}
