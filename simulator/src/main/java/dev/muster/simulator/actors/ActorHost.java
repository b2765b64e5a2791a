package dev.muster.simulator.actors;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.ForwardingEffects;
import dev.muster.protocol.message.Message;
import dev.muster.simulator.Host;
import dev.muster.worker.actor.CoreShell;
import dev.muster.worker.actor.Journal;
import dev.muster.worker.actor.Ports;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;

/**
 * A process made of actors: the production shell around the core, its mailbox and its timers. What
 * the shell's ports lead to is the world.
 */
abstract class ActorHost<E> extends Host<E> {
  final VirtualTime time;
  private final ActorHosts system;
  private final Core<E> core;
  private final Consumer<Effects.Action> actions;
  private final Wire wire = new Wire();
  private final Simulated simulated = new Simulated();
  private ActorRef<?> actor; // null until spawned
  private Effects<E> effects; // of its shell, known since its first event

  ActorHost(
      ActorHosts system,
      PeerId id,
      Core<E> core,
      BiFunction<PeerId, Message, E> inbound,
      Consumer<Effects.Action> actions) {
    super(system.time().world, id, inbound);
    this.time = system.time();
    this.system = system;
    this.core = core;
    this.actions = actions;
  }

  /** The production shell of the core. */
  final Behavior<E> shell(Journal journal) {
    return CoreShell.of(
        traced(),
        new Ports(
            this::clockNs,
            (to, message) -> send(to, wire.carried(message)),
            journal,
            actions,
            this::note,
            time.world.seed(),
            time.ready::fail));
  }

  /** Traces an event at the moment the core gets it, not when it is put into the mailbox. */
  private Core<E> traced() {
    return (event, fx) ->
        time.as(
            this,
            () -> {
              effects = simulated.over(fx);
              traced(event);
              core.on(event, effects);
            });
  }

  /** No message: what a world computes instead of playing it is none either. */
  @Override
  public final void inside(Consumer<Effects<E>> what) {
    time.play(() -> time.as(this, () -> what.accept(effects)));
  }

  /** The process's topmost actor; what runs in it ends with the process. */
  final <T> ActorRef<T> spawn(Behavior<T> behavior) {
    var spawned = system.spawn(behavior, id());
    actor = spawned;
    return spawned;
  }

  @Override
  protected final void ended() {
    if (actor != null) {
      system.kill(actor);
    }
  }

  /** What its shell offers, and what production has no switch for. */
  private final class Simulated extends ForwardingEffects<E> {
    @Override
    public boolean buggified(Buggify point, long entity) {
      return ActorHost.this.buggified(point, entity);
    }
  }

  /** A timer of this process, by its own clock. */
  final void after(long delayNs, Runnable task) {
    later(worldNs(delayNs), () -> time.play(task));
  }
}
