package dev.muster.worker.runtime;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Stream;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.snapshot.Outcome;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import dev.muster.worker.checkpoint.snapshot.SnapshotWriter;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
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
  private String failed; // why nothing is saved until the next group; null: nothing is wrong
  private boolean othersCannot; // this rank could have saved
  private FromWorker.SaveFailed untold; // null: nothing is to be told

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
    return new Saver(new ToWorker.Welcome(0, "", "", "", "", 0, 0, 0, Map.of()), "");
  }

  /** The state of the group's start step is in place; how often to save from here on. */
  void enter(ToWorker.Form entered, List<NamedTensor> state) {
    form = entered;
    failed = null;
    if (writer != null && entered.restoreFrom() != null) {
      writer.rollBack(entered.restoreGeneration(), entered.startStep());
    }
    if (saves() && writer == null && entered.startStep() == 0) {
      attempt( // in a recovery, nobody waits
          entered.startStep(),
          () -> {
            writer().prepare(state);
            return true;
          });
    }
  }

  private boolean saves() {
    return form != null && form.saveEvery() > 0 && !folders.isEmpty() && failed == null;
  }

  /**
   * Begins to save the state of {@code step} if it is its turn; until {@link #fence} it stays. The
   * ranks of a sharded state save it together or not at all: one that could not, because its former
   * snapshot is still being read, would be left with steps that the others have saved over.
   */
  void begin(long step, List<NamedTensor> state, Communicator communicator) {
    if (form.saveEvery() == 0 || (step % form.saveEvery() != 0 && step != lastStep)) {
      return;
    }
    var point = new SnapshotPoint(step, form.generation(), form.shard(), form.shards());
    if (failed != null && step == lastStep) {
      tell(step, failed);
    }
    boolean reserved = saves() && attempt(step, () -> writer().reserve(point, state));
    boolean together = form.shards() == form.worldSize();
    boolean all = together ? all(reserved, communicator) : reserved;
    othersCannot = reserved && !all;
    if (reserved && all) {
      writer.start();
    }
  }

  /** Whether this is so on every rank. */
  private static boolean all(boolean here, Communicator communicator) {
    try (var arena = Arena.ofConfined()) {
      var answer = arena.allocate(ValueLayout.JAVA_LONG);
      answer.set(ValueLayout.JAVA_LONG, 0, here ? 1 : 0);
      communicator.allReduce(new Buffer(answer, DType.INT64), ReduceOp.MIN, Stream.NONE).await();
      return answer.get(ValueLayout.JAVA_LONG, 0) == 1;
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
        if (skipped.step() == lastStep && !othersCannot) {
          tell(lastStep, skipped.reason());
        }
        yield OptionalLong.empty();
      }
      case null -> OptionalLong.empty();
    };
  }

  private void tell(long step, String problem) {
    untold = new FromWorker.SaveFailed(form.generation(), step, problem);
  }

  /** What the agent has not been told yet; nobody need wait for that snapshot. */
  Optional<FromWorker.SaveFailed> takeProblem() {
    var told = Optional.ofNullable(untold);
    untold = null;
    return told;
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
  private boolean attempt(long step, BooleanSupplier save) {
    try {
      return save.getAsBoolean();
    } catch (IllegalStateException | UncheckedIOException e) {
      failed = String.valueOf(e.getMessage());
      tell(step, failed);
      LOG.warn(
          "no snapshots until the next group: step={} generation={} reason={}",
          step,
          form.generation(),
          e.getMessage());
      return false;
    }
  }

  @Override
  public void close() {
    if (writer != null) {
      writer.close();
    }
  }
}
