package dev.muster.master.journal;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;

/**
 * An event-sourced actor without a state of its own: its events are opaque bytes, read back once
 * and never kept, because the core builds its state from them. Bytes use Pekko's own byte
 * serializer, so no class name reaches the file.
 */
final class EntryLog
    extends EventSourcedBehavior<PersistentJournal.Flush, byte[], EntryLog.Nothing> {
  private final Queue<PersistentJournal.Pending> pending;
  private final Consumer<byte[]> replay;
  private final Runnable opened;
  private boolean recovered;

  EntryLog(Queue<PersistentJournal.Pending> pending, Consumer<byte[]> replay, Runnable opened) {
    super(PersistenceId.ofUniqueId("master"));
    this.pending = pending;
    this.replay = replay;
    this.opened = opened;
  }

  @Override
  public Nothing emptyState() {
    return Nothing.INSTANCE;
  }

  @Override
  public CommandHandler<PersistentJournal.Flush, byte[], Nothing> commandHandler() {
    return (state, flush) -> writeAll();
  }

  private Effect<byte[], Nothing> writeAll() {
    List<byte[]> entries = new ArrayList<>();
    List<Runnable> acknowledgements = new ArrayList<>();
    for (var next = pending.poll(); next != null; next = pending.poll()) {
      entries.add(next.bytes());
      acknowledgements.add(next.durable());
    }
    return entries.isEmpty() // an earlier flush took them along
        ? Effect().none()
        : Effect().persist(entries).thenRun(() -> acknowledgements.forEach(Runnable::run));
  }

  @Override
  public EventHandler<Nothing, byte[]> eventHandler() {
    return (state, bytes) -> {
      if (!recovered) {
        replay.accept(bytes);
      }
      return state;
    };
  }

  @Override
  public SignalHandler<Nothing> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(
            RecoveryCompleted.class,
            (state, signal) -> {
              recovered = true;
              opened.run();
            })
        .build();
  }

  enum Nothing {
    INSTANCE
  }
}
