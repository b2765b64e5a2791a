package dev.muster.cli;

import dev.muster.cli.process.RunsDirectory;
import dev.muster.protocol.job.JobSpecException;
import dev.muster.protocol.job.JobSpecReader;
import dev.muster.protocol.run.RunFolder;
import dev.muster.worker.checkpoint.storage.Catalog;
import dev.muster.worker.checkpoint.storage.PosixStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The checkpoints a user means: those of a run, or of a folder that is a storage itself.
 *
 * @param path of the storage
 */
record CheckpointFolder(Path path) {
  /**
   * @param name run id, run folder or storage; null for the newest run
   * @throws UserError there is no such folder, or nothing was ever written there
   */
  static CheckpointFolder find(String name) {
    var found = RunsDirectory.standard().find(name);
    var storage = Files.exists(found.job()) ? ofRun(found) : found.root();
    if (!Files.isDirectory(storage)) {
      throw UserError.failed(
          "no checkpoints: run="
              + RunsDirectory.nameOf(found)
              + " folder="
              + storage
              + " does not exist; a run writes them when muster.checkpoint.persist is not 0s");
    }
    return new CheckpointFolder(storage);
  }

  private static Path ofRun(RunFolder run) {
    try {
      var job = JobSpecReader.read(List.of(run.job()), Map.of()).job();
      var folder = job.checkpoint().folder();
      return folder.isEmpty() ? run.checkpoints() : Path.of(folder).toAbsolutePath();
    } catch (JobSpecException e) {
      throw UserError.failed(
          "the run's job cannot be read: file=" + run.job() + " reason=" + e.getMessage());
    }
  }

  PosixStorage storage() {
    return new PosixStorage(path);
  }

  /**
   * What there is; at least one.
   *
   * @throws UserError there is none
   */
  List<Catalog.Entry> entries() throws IOException {
    var entries = new Catalog(storage()).list();
    if (entries.isEmpty()) {
      throw UserError.failed("no checkpoints: folder=" + path + " has no step");
    }
    return entries;
  }

  /**
   * @throws UserError it is not there, or was never committed
   */
  void requireComplete(long step) throws IOException {
    var entries = entries();
    if (entries.stream().noneMatch(e -> e.step() == step && e.complete())) {
      boolean leftover = entries.stream().anyMatch(e -> e.step() == step);
      throw UserError.failed(
          (leftover ? "the checkpoint was never finished: step=" : "no such checkpoint: step=")
              + step
              + " folder="
              + path
              + " steps="
              + entries.stream().filter(Catalog.Entry::complete).map(Catalog.Entry::step).toList());
    }
  }
}
