package dev.muster.worker.checkpoint.snapshot;

import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.snapshot.Outcome.Saved;
import dev.muster.worker.checkpoint.snapshot.Outcome.Skipped;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Saves one rank's state, again and again. Called by the step thread alone; a thread of its own
 * copies along, unless the tensors' memory admits no other thread.
 *
 * <p>{@link #save} blocks for one copy of the state, its checksums included. {@link #begin} returns
 * at once: the state is copied while the next step computes, which must not change it; {@link
 * #fence} copies what is left and must be called before the state changes.
 *
 * <p>The first copy through a mapping takes its pages, which costs far more than the copy: {@link
 * #prepare} does that before it matters.
 *
 * <p>No copy is ever cut short: the previous snapshot stays whole until the new one is complete,
 * whenever this process dies.
 */
public final class SnapshotWriter implements AutoCloseable {
  private static final SnapshotPoint ANY = new SnapshotPoint(0, 0, 0, 1);
  private static final Thread SOMEBODY_ELSE = Thread.ofPlatform().unstarted(() -> {});

  private final Rotation rotation;
  private final ExecutorService helper;
  private Save reserved; // not started yet
  private Save inFlight;
  private Skipped skipped;

  /**
   * @param name of the rank's snapshots, unique in the run: {@code [A-Za-z0-9._-]{1,64}}
   * @throws IllegalStateException another living process writes them
   */
  public SnapshotWriter(SnapshotPlaces places, String name) {
    this(places, name, SnapshotFile.CLOCK);
  }

  SnapshotWriter(SnapshotPlaces places, String name, LongSupplier nowMs) {
    this.rotation = new Rotation(places, name, nowMs);
    this.helper =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("snapshot-" + name).factory());
  }

  /**
   * Takes space and pages for a state like this one; slow, for the time before the first step.
   *
   * @throws IllegalStateException there is no space; says how much
   */
  public void prepare(List<NamedTensor> tensors) {
    requireIdle();
    long bytes = Save.header(ANY, 0, SnapshotLayout.of(tensors)).bytes();
    SnapshotFile file = rotation.target(bytes);
    for (SnapshotBuffer buffer : Turn.usual(file, bytes)) {
      file.take(buffer, bytes);
      buffer.region().asSlice(0, bytes).load();
    }
  }

  /** Blocks until the snapshot is complete, or is known to be skipped. */
  public Outcome save(SnapshotPoint point, List<NamedTensor> tensors) {
    begin(point, tensors);
    return fence().orElseThrow();
  }

  /**
   * Starts copying. Until {@link #fence} the tensors' contents and memory must stay.
   *
   * @throws IllegalStateException there is no space; the snapshots before stay
   */
  public void begin(SnapshotPoint point, List<NamedTensor> tensors) {
    if (reserve(point, tensors)) {
      start();
    }
  }

  /**
   * Takes the place where a save would go, for callers that save together or not at all: {@link
   * #start} or {@link #fence} follows, which gives it back.
   *
   * @return false: readers are in the way, nothing is saved
   * @throws IllegalStateException there is no space; the snapshots before stay
   */
  public boolean reserve(SnapshotPoint point, List<NamedTensor> tensors) {
    point.require();
    requireIdle();
    var layout = SnapshotLayout.of(tensors);
    SnapshotBuffer.Header header = Save.header(point, rotation.nextSequence(), layout);
    SnapshotFile file = rotation.target(header.bytes());
    var turn = Turn.in(file, header);
    var buffer = turn.reserve(b -> file.take(b, header.bytes()));
    if (buffer.isEmpty()) {
      skipped = new Skipped(point.step(), turn.inTheWay());
      return false;
    }
    reserved = new Save(file, buffer.get(), header, layout, memory(tensors));
    return true;
  }

  /** Starts copying to the place that was reserved. */
  public void start() {
    start(reserved);
    reserved = null;
  }

  private static List<MemorySegment> memory(List<NamedTensor> tensors) {
    return tensors.stream().map(NamedTensor::memory).toList();
  }

  private void start(Save save) {
    inFlight = save;
    if (save.readableBy(SOMEBODY_ELSE)) {
      helper.execute(save.copy()::work);
    }
  }

  /**
   * After this the state may change.
   *
   * @return what became of the save that had begun; empty if none had
   */
  public Optional<Outcome> fence() {
    giveBack();
    Skipped none = skipped;
    Save save = inFlight;
    skipped = null;
    inFlight = null;
    return save == null ? Optional.ofNullable(none) : Optional.of(finish(save));
  }

  private void giveBack() {
    if (reserved != null) {
      reserved.giveBack();
      skipped = new Skipped(reserved.header().point().step(), "others could not save this step");
      reserved = null;
    }
  }

  private Outcome finish(Save save) {
    save.copy().work();
    save.complete();
    rotation.publish(save.file());
    var header = save.header();
    return new Saved(header.point().step(), header.dataBytes(), save.copy().workedNs());
  }

  /**
   * All ranks went back to a step: takes back every snapshot that is neither of that very point nor
   * of an earlier one. Nobody finds them any more, and the next save goes where one of them was,
   * never to the one of the point itself. To be called before the next save; a writer that dies in
   * the midst has taken back some of them and damaged none.
   *
   * @param generation the one that had saved the state which was restored
   * @param step the last one in that state
   */
  public void rollBack(long generation, long step) {
    requireIdle();
    rotation.rollBack(generation, step);
  }

  private void requireIdle() {
    if (reserved != null || inFlight != null || skipped != null) {
      throw new IllegalStateException("a save is in flight; call fence() before the next one");
    }
  }

  /** Gives up a save in flight; the snapshot before it stays. */
  @Override
  public void close() {
    if (helper.isShutdown()) {
      return;
    }
    if (inFlight != null) {
      inFlight.copy().abandon();
      inFlight.copy().await();
    }
    helper.shutdown();
    awaitHelper();
    rotation.close();
  }

  /** It may still be looking for a block: unmapping under it would fail. */
  private void awaitHelper() {
    try {
      if (!helper.awaitTermination(1, TimeUnit.MINUTES)) {
        throw new IllegalStateException("the copying thread of a snapshot does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
