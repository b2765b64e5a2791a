package dev.muster.master.wiring;

import com.typesafe.config.ConfigFactory;
import dev.muster.master.journal.EntryCodec;
import dev.muster.master.journal.JournalFile;
import dev.muster.worker.actor.Journal;
import dev.muster.worker.actor.JvmFlags;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.SingletonActor;

/**
 * A one-node Pekko Cluster with the master as its singleton and the journal on an H2 file. The only
 * place that knows Cluster and JDBC; everything it hosts also starts on the local provider. Slow
 * parts start side by side: the database on a thread of its own while the actor system comes up.
 *
 * @param <E> events of the core that the master hosts
 */
final class ClusterWiring<E> {
  private final ActorSystem<Void> system;
  private final Inbox<E> inbox;
  private final CompletableFuture<Connection> database;

  private ClusterWiring(
      ActorSystem<Void> system, Inbox<E> inbox, CompletableFuture<Connection> database) {
    this.system = system;
    this.inbox = inbox;
    this.database = database;
  }

  /**
   * Only the actor system: up after some hundred ms, ready to bind sockets; the master starts with
   * {@link #host}.
   */
  static <E> ClusterWiring<E> start(Path journalFolder) {
    JvmFlags.require();
    var file = new JournalFile(journalFolder);
    var database =
        CompletableFuture.supplyAsync(
            () -> open(file), thread -> new Thread(thread, "database").start());
    var config =
        file.config()
            .withFallback(ConfigFactory.parseResources("muster-master.conf"))
            .withFallback(ConfigFactory.load())
            .resolve();
    var system = ActorSystem.<Void>create(Behaviors.empty(), "muster", config);
    return new ClusterWiring<>(system, new Inbox<>(), database);
  }

  /**
   * Joins a cluster of its own and starts the master there.
   *
   * @param job makes the hosted core's shell and first event from the open journal and the entries
   *     in it; called once, on the master's thread
   * @param fatal told of what the master cannot survive; end the process
   */
  void host(
      EntryCodec codec,
      BiFunction<Journal, List<Object>, JobHost.Hosted<E>> job,
      Consumer<Throwable> fatal) {
    var cluster = Cluster.get(system);
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    database.whenComplete((connection, failure) -> {
      if (failure != null) {
        fatal.accept(failure.getCause() == null ? failure : failure.getCause());
      } else {
        var master = MasterActor.of(codec, job, inbox, fatal);
        ClusterSingleton.get(system).init(SingletonActor.of(master, "master"));
      }
    });
  }

  /** Hands an event to the hosted core; kept until it has started. Any thread. */
  void tell(E event) {
    inbox.tell(event);
  }

  /**
   * From now on events are dropped: the hosted core is at its end, and that its links close is no
   * news.
   */
  void mute() {
    inbox.close();
  }

  /** For what else runs in this process, for example the link server. */
  ActorSystem<Void> system() {
    return system;
  }

  /** Ends the actor system, then closes the journal's file. */
  CompletionStage<Done> stop() {
    system.terminate();
    return system
        .getWhenTerminated()
        .thenCombine(database.handle((open, failure) -> open), ClusterWiring::close);
  }

  private static Done close(Done done, Connection database) {
    try {
      if (database != null) {
        database.close();
      }
      return done;
    } catch (SQLException e) {
      throw new CompletionException(e);
    }
  }

  private static Connection open(JournalFile file) {
    try {
      return file.open();
    } catch (SQLException e) {
      throw new CompletionException(e);
    }
  }
}
