package dev.muster.worker.link;

import dev.muster.protocol.core.CounterRandom;
import java.time.Duration;

/**
 * Pause before the next attempt to connect: doubles from {@code first} to {@code most}, each drawn
 * between half of it and all of it, so that the agents of a restarted master do not come back in
 * step.
 *
 * @param seed of the run
 * @param entity tells the agents of a run apart
 */
public record Backoff(Duration first, Duration most, long seed, long entity) {
  private static final int DOUBLINGS_MAX = 30;

  /** From 20 ms to 500 ms: a master on the same host comes back in about a second. */
  public static Backoff quick(long seed, long entity) {
    return new Backoff(Duration.ofMillis(20), Duration.ofMillis(500), seed, entity);
  }

  /**
   * @param attempt failed attempts in a row, from 0
   */
  Duration after(int attempt) {
    long full = Math.min(most.toNanos(), first.toNanos() << Math.min(attempt, DOUBLINGS_MAX));
    long jitter =
        CounterRandom.below(full / 2 + 1, CounterRandom.mix(seed, "link.backoff", entity, attempt));
    return Duration.ofNanos(full - jitter);
  }
}
