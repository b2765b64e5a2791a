package dev.muster.simulator;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.Message;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * Makes the simulated processes of one world. Every kind of host plays the same history: equal
 * seeds have equal trace hashes.
 */
public interface Hosts extends AutoCloseable {
  /**
   * @param core the only owner of its state; may be a decorator
   * @param inbound what event a message of a peer is
   * @param actions does what the core asks of its shell
   */
  <E> Host<E> host(
      PeerId id,
      Core<E> core,
      BiFunction<PeerId, Message, E> inbound,
      Consumer<Effects.Action> actions);

  /** The world is over. */
  @Override
  default void close() {}

  /** Bare cores on the world's own loop: the fastest. */
  static Hosts cores(World world) {
    return new Hosts() {
      @Override
      public <E> Host<E> host(
          PeerId id,
          Core<E> core,
          BiFunction<PeerId, Message, E> inbound,
          Consumer<Effects.Action> actions) {
        return new CoreHost<>(world, id, core, inbound, actions);
      }
    };
  }
}
