package dev.muster.cli.bench;

import dev.muster.collectives.bulk.AeronSettings;
import dev.muster.collectives.bulk.BulkLimits;
import dev.muster.collectives.bulk.BulkTransport;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Measures states of several sizes, one after the other.
 *
 * @param rounds of what goes to memory alone
 * @param diskRounds of the rest
 * @param stepNs length of the step that an overlapped save hides behind
 * @param disk folder on the disk that is measured
 * @param notes told where snapshots go when shared memory is too small
 */
public record CheckpointBench(
    int rounds, int diskRounds, double stepNs, Path disk, Consumer<String> notes) {
  private static final int WARM_UP = 3;

  /** By the name in the table; each row is measured in the same run. */
  private static Map<String, Opening> transports() {
    var transports = new LinkedHashMap<String, Opening>();
    transports.put("TCP", key -> BulkTransport.tcp(key, BulkLimits.DEFAULT));
    transports.put(
        "Aeron",
        key -> BulkTransport.aeron(key, BulkLimits.DEFAULT, AeronSettings.in(Path.of("/dev/shm"))));
    return transports;
  }

  private interface Opening {
    BulkTransport open(byte[] key) throws IOException;
  }

  /**
   * @return lines for people
   * @throws IllegalStateException there is no room for a state of that size, its two halves, and a
   *     copy of it
   */
  public List<String> measure(long bytes) throws IOException {
    Path shared = Files.createTempDirectory(Path.of("/dev/shm"), "muster-bench-");
    var places = new SnapshotPlaces(shared, disk.resolve("snapshots"), notes);
    try (var rig = new CheckpointRig(bytes, shared, disk, places)) {
      return CheckpointTable.lines(bytes, measure(rig));
    } finally {
      places.sweep();
      Files.deleteIfExists(shared.resolve("other"));
      Files.delete(shared);
    }
  }

  private Timing measure(CheckpointRig rig) throws IOException {
    var computation = Computation.of(stepNs);
    var timing = new Timing();
    for (int round = -WARM_UP; round < rounds; round++) {
      if (round == 0) {
        timing.clear();
      }
      memory(rig, computation, timing);
    }
    for (int round = 0; round < diskRounds; round++) {
      disk(rig, timing);
    }
    return timing;
  }

  private static void memory(CheckpointRig rig, Computation computation, Timing timing)
      throws IOException {
    timing.add(CheckpointTable.COPY, rig.copyNs());
    timing.add(CheckpointTable.COPY_BY_TWO, rig.copyByTwoNs());
    timing.add(CheckpointTable.SAVE, rig.saveNs());
    timing.add(CheckpointTable.STEP, Timing.ns(computation::run));
    rig.overlapped(computation, timing);
  }

  private static void disk(CheckpointRig rig, Timing timing) throws IOException {
    timing.add(CheckpointTable.PLAIN_WRITE, rig.plainWriteNs());
    timing.add(CheckpointTable.DISK, rig.diskNs());
    rig.saveNs();
    timing.add(CheckpointTable.PERSIST, rig.persistNs());
    timing.add(CheckpointTable.FROM_MEMORY, rig.memoryRestoreNs());
    timing.add(CheckpointTable.FROM_STORAGE, rig.storageRestoreNs(false));
    timing.add(CheckpointTable.FROM_CACHE, rig.storageRestoreNs(true));
    rig.deleteCheckpoint();
    for (var transport : transports().entrySet()) {
      try (var opened = transport.getValue().open(new byte[BulkTransport.KEY_BYTES_MIN])) {
        timing.add(CheckpointTable.PEER + transport.getKey(), rig.transferNs(opened));
      }
    }
  }
}
