package dev.muster.simulator.actors;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.Message;
import dev.muster.simulator.Host;
import dev.muster.worker.actor.CoreShell;
import dev.muster.worker.actor.Ports;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * A process that is an actor: the production shell around the core, its mailbox and its timers.
 * What the shell's ports lead to is the world.
 */
final class ActorHost<E> extends Host<E> {
  private final VirtualTime time;
  private final ActorHosts system;
  private final ActorRef<E> shell;

  ActorHost(
      VirtualTime time,
      ActorHosts system,
      PeerId id,
      Core<E> core,
      BiFunction<PeerId, Message, E> inbound,
      Consumer<Effects.Action> actions) {
    super(time.world, id, inbound);
    this.time = time;
    this.system = system;
    var ports =
        new Ports(
            this::clockNs,
            this::send,
            this::append,
            actions,
            this::note,
            time.world.seed(),
            time.ready::fail);
    this.shell = system.spawn(CoreShell.of(traced(core), ports), id);
  }

  /** Traces an event at the moment the core gets it, not when it is put into the mailbox. */
  private Core<E> traced(Core<E> core) {
    return (event, fx) ->
        time.as(
            this,
            () -> {
              traced(event);
              core.on(event, fx);
            });
  }

  @Override
  protected void handle(E event) {
    time.play(() -> shell.tell(event));
  }

  @Override
  protected void ended() {
    system.stop(shell);
  }

  /** A timer of this process, by its own clock. */
  void after(long delayNs, Runnable task) {
    later(worldNs(delayNs), () -> time.play(task));
  }

  private void append(Object entry, Runnable durable) {
    journal().add(entry);
    later(persistNs(), () -> time.play(durable));
  }
}
