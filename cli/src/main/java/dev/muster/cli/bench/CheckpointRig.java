package dev.muster.cli.bench;

import dev.muster.collectives.DType;
import dev.muster.collectives.bulk.BulkHandler;
import dev.muster.collectives.bulk.BulkTransport;
import dev.muster.collectives.bulk.Offer;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.persist.Persist;
import dev.muster.worker.checkpoint.restore.CheckpointSource;
import dev.muster.worker.checkpoint.restore.Restore;
import dev.muster.worker.checkpoint.restore.SnapshotSource;
import dev.muster.worker.checkpoint.restore.StateSource;
import dev.muster.worker.checkpoint.snapshot.Outcome;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import dev.muster.worker.checkpoint.snapshot.SnapshotReader;
import dev.muster.worker.checkpoint.snapshot.SnapshotWriter;
import dev.muster.worker.checkpoint.storage.CheckpointWriter;
import dev.muster.worker.checkpoint.storage.PosixStorage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * One rank's state of some size, and everything that is done with it, once a call. What is restored
 * or received is compared with the state each time, outside of what is timed.
 */
final class CheckpointRig implements AutoCloseable {
  private static final long TENSOR_BYTES = 16 << 20;
  private static final long BLOCK_BYTES = 8 << 20;
  private static final String NAME = "bench";
  private static final long GENERATION = 1;

  private final Path disk;
  private final SnapshotPlaces places;
  private final PosixStorage storage;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment state;
  private final MemorySegment other; // as large, mapped and touched
  private final Path mapped;
  private final SnapshotWriter writer;
  private long step;

  /**
   * @param shared folder in shared memory
   * @param disk folder on the disk that is measured
   */
  CheckpointRig(long bytes, Path shared, Path disk, SnapshotPlaces places) throws IOException {
    this.disk = disk;
    this.places = places;
    this.storage = new PosixStorage(disk.resolve("checkpoints"));
    this.mapped = shared.resolve("other");
    this.state = arena.allocate(bytes, 4096);
    fill();
    this.other = map(bytes);
    this.writer = new SnapshotWriter(places, NAME);
    writer.prepare(tensors(state));
  }

  private void fill() {
    for (long at = 0; at < state.byteSize(); at += 8) {
      state.set(ValueLayout.JAVA_LONG, at, at * 0x9E3779B97F4A7C15L);
    }
  }

  private MemorySegment map(long bytes) throws IOException {
    var options =
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try (var channel = FileChannel.open(mapped, options)) {
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena).fill((byte) 0);
    }
  }

  private static List<NamedTensor> tensors(MemorySegment memory) {
    var tensors = new ArrayList<NamedTensor>();
    for (long at = 0; at < memory.byteSize(); at += TENSOR_BYTES) {
      var part = memory.asSlice(at, Math.min(TENSOR_BYTES, memory.byteSize() - at));
      long[] shape = {part.byteSize()};
      tensors.add(NamedTensor.replicated("w" + tensors.size(), DType.UINT8, shape, part));
    }
    return tensors;
  }

  private SnapshotPoint next() {
    return new SnapshotPoint(++step, GENERATION, 0, 1);
  }

  // ---- memory

  double copyNs() throws IOException {
    return Timing.ns(() -> MemorySegment.copy(state, 0, other, 0, state.byteSize()));
  }

  /** Each half of it by a thread of its own, as a save has two. */
  double copyByTwoNs() throws IOException {
    long half = state.byteSize() / 2;
    var second =
        Thread.ofPlatform()
            .unstarted(() -> MemorySegment.copy(state, half, other, half, state.byteSize() - half));
    return Timing.ns(() -> {
      second.start();
      MemorySegment.copy(state, 0, other, 0, half);
      join(second);
    });
  }

  private static void join(Thread thread) throws IOException {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
  }

  double saveNs() throws IOException {
    return Timing.ns(() -> requireSaved(writer.save(next(), tensors(state))));
  }

  private static void requireSaved(Outcome outcome) {
    if (!(outcome instanceof Outcome.Saved)) {
      throw new IllegalStateException("not saved: " + outcome);
    }
  }

  /** Adds how long the save kept a step from going on, and how long that step took in all. */
  void overlapped(Computation computation, Timing timing) throws IOException {
    long start = System.nanoTime();
    double before = Timing.ns(() -> writer.begin(next(), tensors(state)));
    computation.run();
    double after = Timing.ns(() -> requireSaved(writer.fence().orElseThrow()));
    timing.add(CheckpointTable.OVERLAPPED, before + after);
    timing.add(CheckpointTable.STEP_SAVING, System.nanoTime() - start);
  }

  double memoryRestoreNs() throws IOException {
    other.fill((byte) 0);
    double ns = Timing.ns(() -> load(SnapshotSource.open(places, List.of(NAME), GENERATION, step)));
    requireSame();
    return ns;
  }

  private void load(StateSource opened) throws IOException {
    try (var source = opened) {
      Restore.load(source, tensors(other));
    }
  }

  private void requireSame() {
    if (state.mismatch(other) >= 0) {
      throw new IllegalStateException("what came back is not the state");
    }
  }

  double transferNs(BulkTransport transport) throws IOException {
    other.fill((byte) 0);
    BulkHandler.Giving handler = request -> Offer.of(request, state);
    try (var server = transport.serve(BulkTransport.LOOPBACK, handler);
        var connection = transport.connect(server.address())) {
      double ns = Timing.ns(() -> connection.fetch(new byte[1], other));
      requireSame();
      return ns;
    }
  }

  // ---- disk

  /** What a trainer does without snapshots: every tensor to the disk while the step waits. */
  double plainWriteNs() throws IOException {
    Path file = disk.resolve("plain");
    double ns = Timing.ns(() -> write(file, TENSOR_BYTES));
    Files.delete(file);
    return ns;
  }

  /** What the disk takes: one file, in blocks that it likes. */
  double diskNs() throws IOException {
    Path file = disk.resolve("sequential");
    double ns = Timing.ns(() -> write(file, BLOCK_BYTES));
    Files.delete(file);
    return ns;
  }

  private void write(Path file, long pieceBytes) throws IOException {
    var options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (var channel = FileChannel.open(file, options)) {
      for (long at = 0; at < state.byteSize(); at += pieceBytes) {
        var piece = state.asSlice(at, Math.min(pieceBytes, state.byteSize() - at)).asByteBuffer();
        while (piece.hasRemaining()) {
          channel.write(piece);
        }
      }
      channel.force(true);
    }
  }

  /** Of the newest snapshot, until it is a checkpoint. */
  double persistNs() throws IOException {
    return Timing.ns(this::persist);
  }

  private void persist() throws IOException {
    var checkpoints = new CheckpointWriter(storage);
    try (var reader = SnapshotReader.open(places, NAME).orElseThrow();
        var snapshot = reader.of(GENERATION, step).orElseThrow()) {
      Persist.write(snapshot, checkpoints);
    }
    checkpoints.commitParts(NAME, "bench", step, GENERATION, 1);
  }

  double storageRestoreNs(boolean cached) throws IOException {
    if (!cached) {
      PageCache.dropBelow(disk);
    }
    other.fill((byte) 0);
    double ns = Timing.ns(() -> load(CheckpointSource.open(storage, step)));
    requireSame();
    return ns;
  }

  /** So that the disk holds one checkpoint at most. */
  void deleteCheckpoint() throws IOException {
    storage.delete(step);
  }

  @Override
  public void close() throws IOException {
    writer.close();
    places.remove(NAME);
    arena.close();
    Files.delete(mapped);
  }
}
