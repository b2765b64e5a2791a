package dev.muster.master.journal;

import com.typesafe.config.ConfigFactory;
import dev.muster.worker.actor.Journal;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;

/** A real journal on a real H2 file, in an actor system of its own. */
final class OpenJournal implements AutoCloseable {
  final Journal journal;
  final List<String> replayed = Collections.synchronizedList(new ArrayList<>());
  final CompletableFuture<Throwable> fatal = new CompletableFuture<>();
  private final ActorSystem<Void> system;
  private final Connection connection;

  OpenJournal(Path folder) throws Exception {
    var file = new JournalFile(folder);
    connection = file.open();
    var opened = new CompletableFuture<Journal>();
    var behavior =
        PersistentJournal.of(
            new TextCodec(),
            entry -> replayed.add((String) entry),
            opened::complete,
            fatal::complete);
    var config =
        file.config()
            .withFallback(ConfigFactory.parseResources("muster-journal.conf"))
            .withFallback(ConfigFactory.load());
    system = ActorSystem.create(behavior, "journal", config);
    journal = opened.get(30, TimeUnit.SECONDS);
  }

  @Override
  public void close() throws Exception {
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().get(30, TimeUnit.SECONDS);
    connection.close();
  }
}
