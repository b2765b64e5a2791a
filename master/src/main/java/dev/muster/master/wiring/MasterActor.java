package dev.muster.master.wiring;

import dev.muster.master.journal.EntryCodec;
import dev.muster.master.journal.PersistentJournal;
import dev.muster.worker.actor.Journal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ChildFailed;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The cluster singleton: reads the journal, then starts the job's shell with what was in it. It has
 * no core of its own because it only puts two actors in order.
 */
final class MasterActor {
  /** The journal has been read to its end. */
  record Opened(Journal journal) {}

  private MasterActor() {}

  static <E> Behavior<Opened> of(
      EntryCodec codec,
      BiFunction<Journal, List<Object>, JobHost.Hosted<E>> job,
      Inbox<E> inbox,
      Consumer<Throwable> fatal) {
    return Behaviors.setup(context -> {
      List<Object> entries =
          new ArrayList<>(); // filled by the journal's actor, read after its Opened
      var self = context.getSelf();
      context.spawn(
          PersistentJournal.of(
              codec, entries::add, journal -> self.tell(new Opened(journal)), fatal),
          "journal");
      return Behaviors.receive(Opened.class)
          .onMessage(
              Opened.class,
              opened -> {
                start(context, job.apply(opened.journal(), List.copyOf(entries)), inbox);
                return Behaviors.same();
              })
          .onSignal(ChildFailed.class, failed -> fail(failed.getCause(), fatal))
          .build();
    });
  }

  private static <E> void start(
      ActorContext<Opened> context, JobHost.Hosted<E> job, Inbox<E> inbox) {
    var shell = context.spawn(job.shell(), "job");
    context.watch(shell);
    shell.tell(job.first());
    inbox.open(shell);
  }

  private static Behavior<Opened> fail(Throwable cause, Consumer<Throwable> fatal) {
    fatal.accept(cause);
    return Behaviors.stopped();
  }
}
