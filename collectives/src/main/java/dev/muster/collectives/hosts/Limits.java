package dev.muster.collectives.hosts;

import java.time.Duration;

/**
 * How long hosts wait for each other.
 *
 * @param beat how often a host that says nothing shows that it lives
 * @param silence after which a host counts as lost; too short: a pause of a collector ends a group,
 *     too long: survivors of a cut link stand still
 * @param doubt how long a revoke waits for the other hosts' votes when its own host has voted; then
 *     the step stays in doubt
 */
public record Limits(Duration beat, Duration silence, Duration doubt) {
  public static final Limits DEFAULT =
      new Limits(Duration.ofMillis(250), Duration.ofSeconds(5), Duration.ofSeconds(1));

  public Limits {
    if (beat.multipliedBy(3).compareTo(silence) > 0) {
      throw new IllegalArgumentException(
          "silence must be three beats at least: beat=" + beat + " silence=" + silence);
    }
  }
}
