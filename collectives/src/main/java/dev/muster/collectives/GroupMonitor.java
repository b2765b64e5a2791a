package dev.muster.collectives;

/** A look at one group from outside, without being a rank of it: the agent's handle. Any thread. */
public interface GroupMonitor extends AutoCloseable {
  /**
   * Ends the group: no step commits after this returns. Idempotent, works also before the first
   * rank has joined.
   *
   * @return the last committed step; every survivor holds, or will apply, exactly this state
   */
  long revoke(String reason);

  boolean revoked();

  long committedStep();

  /**
   * How many synchronisation points each rank has arrived at; index is the rank. The lowest live
   * one is who others wait for.
   */
  long[] arrivals();

  @Override
  void close();
}
