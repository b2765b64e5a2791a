package dev.muster.worker.runtime;

import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.restore.CheckpointSource;
import dev.muster.worker.checkpoint.restore.SnapshotSource;
import dev.muster.worker.checkpoint.restore.StateSource;
import dev.muster.worker.checkpoint.snapshot.SnapshotCensus;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.storage.Storages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * States that no worker holds any more: in the memory of this worker's host, and on storage. Step
 * thread only.
 *
 * @param snapshots folders in shared memory and on disk; empty: none
 * @param checkpoints folder or URI of the storage; empty: none
 */
record SavedStates(List<String> snapshots, String checkpoints) {
  private static final Logger LOG = LoggerFactory.getLogger(SavedStates.class);

  static SavedStates none() {
    return new SavedStates(List.of(), "");
  }

  static SavedStates of(ToWorker.Welcome welcome) {
    return new SavedStates(welcome.snapshots(), welcome.checkpoints());
  }

  /**
   * Fills {@code targets} with their boxes of the state that the order names.
   *
   * @throws UnreadableStateException the targets may hold anything now
   */
  void load(ToWorker.Form form, List<NamedTensor> targets) throws UnreadableStateException {
    long startNs = System.nanoTime();
    try (var source = open(form)) {
      var loaded = dev.muster.worker.checkpoint.restore.Restore.load(source, targets);
      LOG.info(
          "restored: step={} from={} bytes={} ms={} leftOut={}",
          loaded.step(),
          form.restoreFrom(),
          loaded.bytes(),
          (System.nanoTime() - startNs) / 1_000_000,
          loaded.damaged());
    } catch (IOException e) {
      throw new UnreadableStateException(e.getMessage(), e);
    }
  }

  private StateSource open(ToWorker.Form form) throws IOException {
    return switch (form.restoreFrom()) {
      case ToWorker.Form.MEMORY -> memory(form);
      case ToWorker.Form.STORAGE ->
          CheckpointSource.open(
              Storages.open(checkpoints), form.startStep(), form.restoreGeneration());
      default -> throw new IOException("no such place to restore from: " + form.restoreFrom());
    };
  }

  private StateSource memory(ToWorker.Form form) throws IOException {
    if (snapshots.isEmpty()) {
      throw new IOException("this worker was told of no snapshots: form=" + form);
    }
    var places =
        new SnapshotPlaces(Path.of(snapshots.getFirst()), Path.of(snapshots.getLast()), LOG::info);
    var names =
        SnapshotCensus.of(places).complete().stream()
            .filter(found -> found.point().step() == form.startStep())
            .filter(found -> found.point().generation() == form.restoreGeneration())
            .map(SnapshotCensus.Found::name)
            .toList();
    return SnapshotSource.open(places, names, form.restoreGeneration(), form.startStep());
  }
}
