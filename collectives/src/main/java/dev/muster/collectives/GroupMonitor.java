package dev.muster.collectives;

import dev.muster.collectives.flight.Recording;
import dev.muster.collectives.flight.Standing;
import java.util.List;
import java.util.Optional;

/** A look at one group from outside, without being a rank of it: the agent's handle. Any thread. */
public interface GroupMonitor extends AutoCloseable {
  /**
   * Ends the group: no step commits after this returns. Idempotent, works also before the first
   * rank has joined.
   *
   * @return the last committed step; every survivor holds, or will apply, exactly this state
   */
  long revoke(String reason);

  /**
   * As {@link #revoke}, but never waits: empty as long as other hosts have not said what they know
   * of the step in flight. Asked again, it answers within a bounded time.
   */
  default Optional<End> tryRevoke(String reason) {
    return Optional.of(new End(revoke(reason), false));
  }

  /**
   * How a group ended here.
   *
   * @param committedStep the last one committed on this host
   * @param inDoubt whether other hosts may have committed one more (indefinite)
   */
  record End(long committedStep, boolean inDoubt) {}

  boolean revoked();

  /** Why the group was revoked, once it is. */
  default String reason() {
    return "unknown";
  }

  long committedStep();

  /**
   * How many synchronisation points each rank has arrived at; index is the rank. The lowest live
   * one is who others wait for.
   */
  long[] arrivals();

  /**
   * Where each rank is by its flight recorder, by rank; empty where nothing is recorded. Cheap
   * enough to ask many times a second.
   */
  default List<Standing> standings() {
    return List.of();
  }

  /**
   * What the recorders hold, of the ranks that have one; also of dead ones.
   *
   * @param last at most so many calls of each rank, the newest
   */
  default List<Recording> recordings(int last) {
    return List.of();
  }

  @Override
  void close();
}
