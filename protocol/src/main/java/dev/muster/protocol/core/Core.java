package dev.muster.protocol.core;

/**
 * A decision maker: an event in, effects out. Deterministic; reads no clock, starts no thread,
 * never blocks, knows no actor, socket or file. Production actors, the simulator and unit tests
 * host the same instance.
 *
 * @param <E> the sealed type of its events
 */
@FunctionalInterface
public interface Core<E> {
  /** Handles one event. Called by one thread at a time; the only way in. */
  void on(E event, Effects<E> fx);
}
