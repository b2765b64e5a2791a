package dev.muster.cli;

import dev.muster.cli.process.RunsDirectory;
import dev.muster.protocol.job.JobSpecException;
import dev.muster.protocol.job.JobSpecReader;
import dev.muster.protocol.run.RunFolder;
import dev.muster.worker.checkpoint.storage.Catalog;
import dev.muster.worker.checkpoint.storage.CheckpointStorage;
import dev.muster.worker.checkpoint.storage.Storages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The checkpoints a user means: those of a run, or of a storage.
 *
 * @param place folder or URI
 */
record CheckpointFolder(String place, CheckpointStorage storage) {
  /**
   * @param name run id, run folder or storage; null for the newest run
   * @throws UserError there is no such folder or no such storage, or nothing was ever written there
   */
  static CheckpointFolder find(String name) {
    if (name != null && Storages.remote(name)) {
      return open(name);
    }
    var found = RunsDirectory.standard().find(name);
    var place = Files.exists(found.job()) ? ofRun(found) : found.root().toString();
    if (!Storages.remote(place) && !Files.isDirectory(Path.of(place))) {
      throw UserError.failed(
          "no checkpoints: run="
              + RunsDirectory.nameOf(found)
              + " folder="
              + place
              + " does not exist; a run writes them when muster.checkpoint.persist is not 0s");
    }
    return open(place);
  }

  private static CheckpointFolder open(String place) {
    try {
      return new CheckpointFolder(place, Storages.open(place));
    } catch (IOException e) {
      throw UserError.usage(e.getMessage());
    }
  }

  private static String ofRun(RunFolder run) {
    try {
      var job = JobSpecReader.read(List.of(run.job()), Map.of()).job();
      var folder = job.checkpoint().folder();
      return folder.isEmpty() ? run.checkpoints().toString() : Storages.absolute(folder);
    } catch (JobSpecException e) {
      throw UserError.failed(
          "the run's job cannot be read: file=" + run.job() + " reason=" + e.getMessage());
    }
  }

  /**
   * What there is; at least one.
   *
   * @throws UserError there is none
   */
  List<Catalog.Entry> entries() {
    try {
      var entries = new Catalog(storage).list();
      if (entries.isEmpty()) {
        throw UserError.failed("no checkpoints: folder=" + place + " has no step");
      }
      return entries;
    } catch (IOException e) {
      throw UserError.failed(e.getMessage());
    }
  }

  /**
   * @throws UserError it is not there, or was never committed
   */
  void requireComplete(long step) {
    var entries = entries();
    if (entries.stream().noneMatch(e -> e.step() == step && e.complete())) {
      boolean leftover = entries.stream().anyMatch(e -> e.step() == step);
      throw UserError.failed(
          (leftover ? "the checkpoint was never finished: step=" : "no such checkpoint: step=")
              + step
              + " folder="
              + place
              + " steps="
              + entries.stream().filter(Catalog.Entry::complete).map(Catalog.Entry::step).toList());
    }
  }
}
