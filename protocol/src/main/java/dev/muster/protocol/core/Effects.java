package dev.muster.protocol.core;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.message.Message;

/**
 * All that a core may do to the world. Answers come back as events.
 *
 * @param <E> events of the core that uses this
 */
public interface Effects<E> {
  /** Monotonic time in ns; meaningful only as a difference. */
  long nowNs();

  /**
   * Sends to a peer by id: first in, first out per pair; may be lost when the link breaks; never
   * blocks.
   */
  void send(PeerId to, Message message);

  /** Arms a single-shot timer; arming the same key again replaces it. */
  void timer(String key, long delayNs, E event);

  /**
   * Disarms; a timer already fired is not taken back, so cores check whether its event still
   * applies.
   */
  void cancel(String key);

  /**
   * Appends an entry to the journal; {@code done}, unless null, comes back as an event once it is
   * durable.
   */
  void persist(Object entry, E done);

  /**
   * Does what only this core's shell can do, for example launches a process; the answer, if any,
   * comes back as an event.
   */
  void perform(Action action);

  /**
   * Counter-based randomness: the same (stream, entity, index) gives the same value in every host
   * of this run.
   */
  long random(String stream, long entity, long index);

  /**
   * Whether to take a rare but legal way here. Only hosts of a simulation ever say so: production
   * has no switch for it.
   *
   * @param entity tells apart what is decided at one instant
   */
  default boolean buggified(Buggify point, long entity) {
    return false;
  }

  /** Reports a reason, a metric or an incident. Output only: nothing may depend on it. */
  void note(Observation observation);

  /** Short form of {@link #note} for a reason in words. */
  default void note(String topic, String text) {
    note(new Observation(topic, text, java.util.Map.of()));
  }

  /** An effect of one particular core, declared beside its events; its shell knows how to do it. */
  interface Action {}
}
