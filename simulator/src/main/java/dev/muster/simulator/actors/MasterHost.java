package dev.muster.simulator.actors;

import dev.muster.master.wiring.MasterShell;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.Message;
import dev.muster.worker.actor.Journal;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.Behavior;

/**
 * A master's process: the production actors that read the journal, then start the core's shell. The
 * journal outlives the process in the actor system, as a file would; how long a write takes is the
 * world's to say.
 */
final class MasterHost<E> extends ActorHost<E> {
  private final MasterShell<E> master = new MasterShell<>();
  private boolean started;

  MasterHost(
      ActorHosts system,
      PeerId id,
      Core<E> core,
      BiFunction<PeerId, Message, E> inbound,
      Consumer<Effects.Action> actions) {
    super(system, id, core, inbound, actions);
  }

  @Override
  protected void handle(E event) {
    if (started) {
      time.play(() -> master.tell(event));
    } else {
      started = true;
      if (!resumable()) {
        time.neverResumes();
      }
      time.play(() -> spawn(master.of(event, this::recovered, time.ready::fail)));
    }
  }

  /** The core was brought up from the world's copy of the journal: both must be the same. */
  private Behavior<E> recovered(Journal journal, List<Object> kept) {
    if (!kept.equals(journal())) {
      throw new IllegalStateException(
          "the journal was read back differently: expected=" + journal() + " actual=" + kept);
    }
    return shell(slow(journal));
  }

  private Journal slow(Journal journal) {
    return (entry, durable) -> {
      keep(entry);
      var written = new AtomicBoolean();
      journal.append(entry, () -> written.set(true));
      later(
          persistNs(),
          () -> {
            if (!written.get()) {
              throw new IllegalStateException("the journal's actors wrote nothing: " + entry);
            }
            time.play(durable);
          });
    };
  }
}
