package dev.muster.master.wiring;

import dev.muster.worker.actor.Journal;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.Behavior;

/**
 * The actors of one master, as its process has them, for a host that brings its own ports: the
 * journal on Pekko Persistence in the encoding of the run folder, then the job's shell once that
 * has been read. The actor system says where the journal is.
 *
 * @param <E> events of the hosted core
 */
public final class MasterShell<E> {
  private final Inbox<E> inbox = new Inbox<>();

  /**
   * A behavior to spawn once.
   *
   * @param first event of the core, before any that is told
   * @param shell of the core, made from the open journal and the entries in it, oldest first; on
   *     the master's thread
   * @param fatal told of what the master cannot survive
   */
  public Behavior<?> of(
      E first, BiFunction<Journal, List<Object>, Behavior<E>> shell, Consumer<Throwable> fatal) {
    return MasterActor.of(
        new JobCodec(),
        (journal, kept) -> new JobHost.Hosted<>(shell.apply(journal, kept), first),
        inbox,
        fatal);
  }

  /** Hands the core an event; kept until it has started. Any thread. */
  public void tell(E event) {
    inbox.tell(event);
  }
}
