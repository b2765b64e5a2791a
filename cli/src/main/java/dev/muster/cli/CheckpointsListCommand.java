package dev.muster.cli;

import dev.muster.cli.console.CheckpointTable;
import dev.muster.worker.checkpoint.storage.Catalog;
import dev.muster.worker.checkpoint.storage.CheckpointReader;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code muster checkpoints list}. */
@Command(
    name = "list",
    description = "Show what is there: complete checkpoints, and what unfinished ones have left.",
    footer = {
      "",
      "Examples:",
      "  muster checkpoints list",
      "  muster checkpoints list /models/gpt"
    })
final class CheckpointsListCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Mixin private CheckpointsOf where;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    var folder = where.folder();
    var rows = new ArrayList<CheckpointTable.Row>();
    for (var entry : folder.entries()) {
      rows.add(row(folder, entry));
    }
    CheckpointTable.lines(rows, folder.place()).forEach(spec.commandLine().getOut()::println);
    return ExitCodes.SUCCESS;
  }

  private static CheckpointTable.Row row(CheckpointFolder folder, Catalog.Entry entry) {
    if (!entry.complete()) {
      return row(entry, entry.modifiedMs(), OptionalInt.empty(), "leftover");
    }
    try (var reader = CheckpointReader.open(folder.storage(), entry.step())) {
      var manifest = reader.manifest();
      return row(entry, manifest.createdMs(), OptionalInt.of(manifest.shards().size()), "complete");
    } catch (NoSuchFileException gone) {
      return row(entry, entry.modifiedMs(), OptionalInt.empty(), "deleted meanwhile");
    } catch (IOException e) {
      return row(entry, entry.modifiedMs(), OptionalInt.empty(), "damaged: " + e.getMessage());
    }
  }

  private static CheckpointTable.Row row(
      Catalog.Entry entry, long timeMs, OptionalInt shards, String state) {
    return new CheckpointTable.Row(entry.step(), timeMs, entry.sizeBytes(), shards, state);
  }
}
