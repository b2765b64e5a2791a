package dev.muster.master.jmx;

/**
 * What the operations of the beans ask of the master. Called by JMX threads; must return at once
 * (hand over, do not wait).
 */
public interface Operator {
  /**
   * Stops the job at a step boundary.
   *
   * @param generation the operator's view, already checked against the last snapshot; the master
   *     checks again
   */
  void stop(String job, long generation, String reason);
}
