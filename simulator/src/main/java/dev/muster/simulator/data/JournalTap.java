package dev.muster.simulator.data;

import dev.muster.master.job.JournalEntry;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.ForwardingEffects;
import dev.muster.protocol.message.Message;
import dev.muster.simulator.Host;
import dev.muster.simulator.Hosts;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** Reads along what the masters of a world append to their journal. */
final class JournalTap implements Hosts {
  private final Hosts hosts;
  private final List<JournalEntry> entries = new ArrayList<>();

  JournalTap(Hosts hosts) {
    this.hosts = hosts;
  }

  List<JournalEntry> entries() {
    return entries;
  }

  @Override
  public <E> Host<E> host(
      PeerId id,
      Core<E> core,
      BiFunction<PeerId, Message, E> inbound,
      Consumer<Effects.Action> actions) {
    return hosts.host(id, id.equals(PeerId.MASTER) ? tapped(core) : core, inbound, actions);
  }

  private <E> Core<E> tapped(Core<E> core) {
    var tap = new Tap<E>();
    return (event, fx) -> core.on(event, tap.over(fx));
  }

  private final class Tap<E> extends ForwardingEffects<E> {
    @Override
    public void persist(Object entry, E done) {
      if (entry instanceof JournalEntry one) {
        entries.add(one);
      }
      super.persist(entry, done);
    }
  }

  @Override
  public void close() {
    hosts.close();
  }
}
