package dev.muster.simulator.actors;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.Message;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;

/** A process that is one actor, as an agent is; its entries are durable when the world says so. */
final class AgentHost<E> extends ActorHost<E> {
  private final ActorRef<E> shell;

  AgentHost(
      ActorHosts system,
      PeerId id,
      Core<E> core,
      BiFunction<PeerId, Message, E> inbound,
      Consumer<Effects.Action> actions) {
    super(system, id, core, inbound, actions);
    this.shell = spawn(shell(this::append));
  }

  @Override
  protected void handle(E event) {
    time.play(() -> shell.tell(event));
  }

  private void append(Object entry, Runnable durable) {
    keep(entry);
    later(persistNs(), () -> time.play(durable));
  }
}
