package dev.muster.worker.actor;

import dev.muster.protocol.core.Core;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The actor around any core that owns nothing: messages in, effects out. An exception that leaves
 * the core is a broken invariant: it is logged with the event, handed to {@link Ports#fatal} and
 * thrown on, which stops the actor; nothing restarts it, because a restart would forget the core's
 * state.
 */
public final class CoreShell {
  private static final Logger LOG = LoggerFactory.getLogger(CoreShell.class);

  private CoreShell() {}

  /** A behavior that hosts {@code core}; spawn it once, a core is one value with one owner. */
  public static <E> Behavior<E> of(Core<E> core, Ports ports) {
    return Behaviors.setup(context ->
        Behaviors.withTimers(timers -> {
          var fx = new ActorEffects<E>(context.getSelf(), timers, ports);
          return Behaviors.receiveMessage(event -> handle(core, event, fx, ports));
        }));
  }

  private static <E> Behavior<E> handle(Core<E> core, E event, ActorEffects<E> fx, Ports ports) {
    try {
      core.on(event, fx);
      return Behaviors.same();
    } catch (RuntimeException | Error broken) {
      LOG.error(
          "core broke an invariant: core={} event={}", core.getClass().getName(), event, broken);
      ports.fatal().accept(broken);
      throw broken;
    }
  }
}
