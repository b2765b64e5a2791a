package dev.muster.master.journal;

import dev.muster.worker.actor.Journal;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ChildFailed;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The master's journal on Pekko Persistence. Appends that arrive while a write is under way go into
 * the next write together, so a burst costs two commits, not one per entry. It owns an actor
 * because Pekko Persistence is one.
 */
public final class PersistentJournal implements Journal {
  private final Queue<Pending> pending = new ConcurrentLinkedQueue<>();
  private final EntryCodec codec;
  private volatile ActorRef<Flush> writer;

  private PersistentJournal(EntryCodec codec) {
    this.codec = codec;
  }

  /**
   * A behavior that hands every kept entry to {@code replay}, oldest first, then the open journal
   * to {@code opened}, both on its own thread.
   *
   * @param fatal told when an entry could not be read or written; the process must end, since
   *     nobody knows whether the entry is durable (indefinite)
   */
  public static Behavior<Void> of(
      EntryCodec codec,
      Consumer<Object> replay,
      Consumer<Journal> opened,
      Consumer<Throwable> fatal) {
    return Behaviors.setup(
        context -> new PersistentJournal(codec).start(context, replay, opened, fatal));
  }

  private Behavior<Void> start(
      ActorContext<Void> context,
      Consumer<Object> replay,
      Consumer<Journal> opened,
      Consumer<Throwable> fatal) {
    var entries =
        Behaviors.<Flush>setup(child -> {
          writer = child.getSelf();
          return new EntryLog(
              pending, bytes -> replay.accept(codec.decode(bytes)), () -> opened.accept(this));
        });
    context.watch(context.spawn(entries, "entries"));
    return Behaviors.receive(Void.class)
        .onSignal(ChildFailed.class, failed -> fail(failed.getCause(), fatal))
        .build();
  }

  private static Behavior<Void> fail(Throwable cause, Consumer<Throwable> fatal) {
    fatal.accept(cause);
    return Behaviors.stopped();
  }

  /**
   * Encodes on the caller's thread, so that an entry of an unknown type fails the core that made
   * it.
   */
  @Override
  public void append(Object entry, Runnable durable) {
    pending.add(new Pending(codec.encode(entry), durable));
    writer.tell(Flush.INSTANCE);
  }

  record Pending(byte[] bytes, Runnable durable) {}

  enum Flush {
    INSTANCE
  }
}
