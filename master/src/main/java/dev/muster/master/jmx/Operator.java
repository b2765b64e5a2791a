package dev.muster.master.jmx;

import java.util.concurrent.CompletionStage;

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

  /**
   * Brings a checkpoint to storage, without waiting for it.
   *
   * @return what the master says to it; fails when the master has ended
   */
  CompletionStage<Answer> checkpoint(String reason);

  /**
   * @param text what is being done, or why nothing is
   */
  record Answer(boolean accepted, String text) {}
}
