package dev.muster.worker.runtime;

import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.snapshot.Outcome;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import dev.muster.worker.checkpoint.snapshot.SnapshotWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves this worker's state into its host's memory while it trains: a save begins after a step and
 * is complete before the next one is agreed upon. So when any rank begins a save, all have
 * completed the one before, and the newest step that all have saved is never written over. Step
 * thread only.
 */
final class Saver implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Saver.class);

  private final List<String> folders;
  private final String name;
  private final long lastStep;
  private ToWorker.Form form; // null before the first
  private SnapshotWriter writer; // null before the first save
  private boolean failed; // in this generation

  /**
   * @param worker its id, {@code node/number}
   */
  Saver(ToWorker.Welcome welcome, String worker) {
    this.folders = welcome.snapshots();
    this.name = worker.replace('/', '-');
    this.lastStep = welcome.steps();
  }

  /** Saves nothing, wherever it is taken. */
  static Saver none() {
    return new Saver(new ToWorker.Welcome(0, "", "", "", "", 0, 0, 0, java.util.Map.of()), "");
  }

  /** The state of the group's start step is in place; how often to save from here on. */
  void enter(ToWorker.Form entered, List<NamedTensor> state) {
    form = entered;
    failed = false;
    if (writer != null && entered.restoreFrom() != null) {
      writer.rollBack(entered.restoreGeneration(), entered.startStep());
    }
    if (saves() && writer == null && entered.startStep() == 0) {
      attempt(entered.startStep(), () -> writer().prepare(state)); // in a recovery, nobody waits
    }
  }

  private boolean saves() {
    return form != null && form.saveEvery() > 0 && !folders.isEmpty() && !failed;
  }

  /** Begins to save the state of {@code step} if it is its turn; until {@link #fence} it stays. */
  void begin(long step, List<NamedTensor> state) {
    if (saves() && (step % form.saveEvery() == 0 || step == lastStep)) {
      var point = new SnapshotPoint(step, form.generation(), form.shard(), form.shards());
      attempt(step, () -> writer().begin(point, state));
    }
  }

  /**
   * After this the state may change.
   *
   * @return the step whose snapshot is complete now; empty when none was begun or none came of it
   */
  OptionalLong fence() {
    if (writer == null) {
      return OptionalLong.empty();
    }
    return switch (writer.fence().orElse(null)) {
      case Outcome.Saved saved -> OptionalLong.of(saved.step());
      case Outcome.Skipped skipped -> {
        LOG.info("no snapshot: step={} reason={}", skipped.step(), skipped.reason());
        yield OptionalLong.empty();
      }
      case null -> OptionalLong.empty();
    };
  }

  private SnapshotWriter writer() {
    if (writer == null) {
      var places =
          new SnapshotPlaces(Path.of(folders.getFirst()), Path.of(folders.getLast()), LOG::info);
      writer = new SnapshotWriter(places, name);
    }
    return writer;
  }

  /** Training without snapshots is better than none. */
  private void attempt(long step, Runnable save) {
    try {
      save.run();
    } catch (IllegalStateException | java.io.UncheckedIOException e) {
      failed = true;
      LOG.warn(
          "no snapshots until the next group: step={} generation={} reason={}",
          step,
          form.generation(),
          e.getMessage());
    }
  }

  @Override
  public void close() {
    if (writer != null) {
      writer.close();
    }
  }
}
