package dev.muster.simulator.actors;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.dispatch.Futures;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.PersistentRepr$;
import org.apache.pekko.persistence.journal.japi.AsyncWriteJournal;
import scala.collection.Iterator;
import scala.concurrent.Future;

/**
 * Where Pekko Persistence writes in virtual time: memory that outlives the simulated process. Weeks
 * of a large cluster have millions of entries, so only their bytes are kept, and not even these in
 * a world that never resumes a master. One persistent actor writes, the log of the master.
 */
final class VirtualJournal extends AsyncWriteJournal {
  private final VirtualTime time =
      context().system().settings().setup().get(VirtualTime.class).orElseThrow();
  private final List<byte[]> entries = new ArrayList<>();
  private long newest;

  @Override
  public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(Iterable<AtomicWrite> writes) {
    var written = new ArrayList<Optional<Exception>>();
    for (var write : writes) {
      for (Iterator<PersistentRepr> all = write.payload().iterator(); all.hasNext(); ) {
        append(all.next());
      }
      written.add(Optional.empty());
    }
    return Futures.successful(written);
  }

  private void append(PersistentRepr entry) {
    if (entry.sequenceNr() != newest + 1) {
      throw new IllegalStateException(
          "entries out of order: expected=%d actual=%d writer=%s"
              .formatted(newest + 1, entry.sequenceNr(), entry.persistenceId()));
    }
    newest = entry.sequenceNr();
    if (time.resumes()) {
      entries.add((byte[]) entry.payload());
    }
  }

  @Override
  public Future<Long> doAsyncReadHighestSequenceNr(String persistenceId, long from) {
    return Futures.successful(newest);
  }

  @Override
  public Future<Void> doAsyncReplayMessages(
      String persistenceId, long from, long to, long most, Consumer<PersistentRepr> replay) {
    if (entries.size() < newest) {
      throw new IllegalStateException(
          "a master is resumed in a world that keeps no journal: entries=" + newest);
    }
    long last = Math.min(Math.min(to, newest), most > newest ? newest : from + most - 1);
    for (long number = from; number <= last; number++) {
      replay.accept(entry(persistenceId, number));
    }
    return Futures.successful(null);
  }

  private PersistentRepr entry(String persistenceId, long number) {
    var bytes = entries.get((int) number - 1);
    return PersistentRepr$.MODULE$.apply(
        bytes, number, persistenceId, "", false, ActorRef.noSender(), "");
  }

  @Override
  public Future<Void> doAsyncDeleteMessagesTo(String persistenceId, long to) {
    return Futures.failed(new UnsupportedOperationException("the log of the master is kept whole"));
  }
}
