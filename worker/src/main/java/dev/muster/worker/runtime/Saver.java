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
  private final SaveClock clock = new SaveClock();
  private ToWorker.Form form; // null before the first
  private int every; // steps between two saves; 0: none
  private int ordered; // the newest order about that, which others may not have heard
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
    every = entered.saveEvery();
    ordered = every;
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

  /** Another interval, in force when all who save together have heard of it. */
  void ordered(int steps) {
    ordered = every == 0 ? 0 : steps;
  }

  private boolean saves() {
    return form != null && every > 0 && !folders.isEmpty() && failed == null;
  }

  /**
   * Begins to save the state of {@code step} if it is its turn; until {@link #fence} it stays. The
   * ranks of a sharded state save it together or not at all: one that could not, because its former
   * snapshot is still being read, would be left with steps that the others have saved over.
   */
  void begin(long step, List<NamedTensor> state, Communicator communicator) {
    if (every == 0 || (step % every != 0 && step != lastStep)) {
      return;
    }
    var point = new SnapshotPoint(step, form.generation(), form.shard(), form.shards());
    if (failed != null && step == lastStep) {
      tell(step, failed);
    }
    clock.begin();
    boolean reserved = saves() && attempt(step, () -> writer().reserve(point, state));
    clock.pause();
    boolean all = together(reserved, communicator);
    othersCannot = reserved && !all;
    if (reserved && all) {
      clock.go();
      writer.start();
      clock.pause();
    }
  }

  /** Whether all who save together can; also settles how often they do from here on. */
  private boolean together(boolean reserved, Communicator communicator) {
    if (form.shards() != form.worldSize()) {
      every = ordered;
      return reserved;
    }
    long[] least = min(communicator, reserved ? 1 : 0, ordered, -ordered);
    every = least[1] == -least[2] ? ordered : every; // the same everywhere
    return least[0] == 1;
  }

  /** Of each value, the least one of all ranks. */
  private static long[] min(Communicator communicator, long... values) {
    try (var arena = Arena.ofConfined()) {
      var buffer = arena.allocateFrom(ValueLayout.JAVA_LONG, values);
      communicator.allReduce(new Buffer(buffer, DType.INT64), ReduceOp.MIN, Stream.NONE).await();
      return buffer.toArray(ValueLayout.JAVA_LONG);
    }
  }

  /**
   * After this the state may change.
   *
   * @param stepNs of the newest step, told with the snapshot
   * @return the snapshot that is complete now; empty when none was begun or none came of it
   */
  Optional<FromWorker.Saved> fence(long stepNs) {
    if (writer == null) {
      return Optional.empty();
    }
    clock.go();
    return switch (writer.fence().orElse(null)) {
      case Outcome.Saved saved -> Optional.of(saved(saved, stepNs));
      case Outcome.Skipped skipped -> {
        LOG.info("no snapshot: step={} reason={}", skipped.step(), skipped.reason());
        if (skipped.step() == lastStep && !othersCannot) {
          tell(lastStep, skipped.reason());
        }
        yield Optional.empty();
      }
      case null -> Optional.empty();
    };
  }

  private FromWorker.Saved saved(Outcome.Saved saved, long stepNs) {
    clock.pause();
    long blockedNs = FromWorker.Saved.blockedNs(clock.waitedNs(), saved.copyNs());
    return new FromWorker.Saved(form.generation(), saved.step(), blockedNs, stepNs);
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
