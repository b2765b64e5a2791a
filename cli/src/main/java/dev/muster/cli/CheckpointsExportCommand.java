package dev.muster.cli;

import dev.muster.cli.console.CheckpointTable;
import dev.muster.worker.checkpoint.storage.Catalog;
import dev.muster.worker.checkpoint.storage.CheckpointReader;
import dev.muster.worker.checkpoint.storage.Export;
import dev.muster.worker.checkpoint.storage.Verification;
import dev.muster.worker.checkpoint.storage.Verification.Depth;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster checkpoints export}. */
@Command(
    name = "export",
    description = "Make one safetensors file of whole tensors from a checkpoint's shards.",
    footer = {
      "",
      "Every byte of the checkpoint is verified first. A former FILE is replaced when the new one",
      "is complete, and not before.",
      "",
      "Examples:",
      "  muster checkpoints export --to model.safetensors",
      "  muster checkpoints export /models/gpt --step 300 --to model.safetensors"
    })
final class CheckpointsExportCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Mixin private CheckpointsOf where;
  @Spec private CommandSpec spec;

  @Option(
      names = "--step",
      paramLabel = "N",
      description = "Which. Default: the newest valid; those passed over are named.")
  private Long step;

  @Option(
      names = "--to",
      paramLabel = "FILE",
      required = true,
      description = "The file to write, in a folder that exists.")
  private Path to;

  @Override
  public Integer call() throws IOException {
    requireTarget();
    var folder = where.folder();
    long chosen = step == null ? newest(folder) : asked(folder);
    try (var reader = CheckpointReader.open(folder.storage(), chosen)) {
      Export.write(reader, to);
      var tensors = reader.pieces().stream().map(p -> p.tensor().name()).distinct().count();
      var line = CheckpointTable.exported(chosen, (int) tensors, Files.size(to), to);
      spec.commandLine().getOut().println(line);
      return ExitCodes.SUCCESS;
    } catch (IOException e) {
      throw UserError.failed("cannot export: step=" + chosen + " reason=" + e.getMessage());
    }
  }

  private void requireTarget() {
    var folder = to.toAbsolutePath().normalize().getParent();
    if (folder == null || !Files.isDirectory(folder) || Files.isDirectory(to)) {
      throw UserError.failed(
          "cannot write there: file=" + to + "; expected a file in a folder that exists");
    }
  }

  private long newest(CheckpointFolder folder) throws IOException {
    folder.entries();
    var choice = new Catalog(folder.storage()).newestValid(Long.MAX_VALUE, Depth.BYTES);
    choice.skipped().forEach(this::skipped);
    return choice
        .step()
        .orElseThrow(() -> UserError.failed("no valid checkpoint: folder=" + folder.place()));
  }

  private void skipped(Verification found) {
    spec.commandLine().getErr().println("skipped step " + found.step() + ": " + found.reason());
  }

  private long asked(CheckpointFolder folder) throws IOException {
    folder.requireComplete(step);
    var found = new Catalog(folder.storage()).verify(step, Depth.BYTES);
    if (!found.valid()) {
      throw UserError.failed(
          "the checkpoint is damaged: step=" + step + " reason=" + found.reason());
    }
    return step;
  }
}
