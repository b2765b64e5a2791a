package dev.muster.protocol.run;

/**
 * One recovery and where its time went; phases in ms, NaN when unknown.
 *
 * @param generation the group that came out of it
 * @param cause in words: which rank was lost and how
 * @param detectMs from the failure to its notice
 * @param decideMs from the notice to the order
 * @param revokeMs until the old group can no longer commit
 * @param regroupMs until the new group is connected
 * @param stateMs until every member holds the state
 * @param firstStepMs until the first step of the new group is committed
 * @param totalMs of all phases
 * @param stepsRedone steps begun again because they had not been committed
 */
public record Recovery(
    long generation,
    String cause,
    double detectMs,
    double decideMs,
    double revokeMs,
    double regroupMs,
    double stateMs,
    double firstStepMs,
    double totalMs,
    long stepsRedone,
    Kind kind) {

  /** Where the replacement came from. */
  public enum Kind {
    /** A warm spare took the place. */
    SPARE,
    /** A new process was started. */
    COLD,
    /** Nobody took the place; the group is smaller. */
    SHRINK,
    /** The same processes in a new group, for example after a false alarm. */
    REBUILD,
    /** All ranks were started anew. */
    RESTART
  }
}
