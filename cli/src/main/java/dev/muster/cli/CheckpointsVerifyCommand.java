package dev.muster.cli;

import dev.muster.worker.checkpoint.storage.Catalog;
import dev.muster.worker.checkpoint.storage.Verification;
import dev.muster.worker.checkpoint.storage.Verification.Depth;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster checkpoints verify}. */
@Command(
    name = "verify",
    description = "Look for files that are damaged, missing, truncated or foreign, and name each.",
    footer = {
      "",
      "Without --deep it reads manifests, headers and sizes, which finds what a crash leaves; with",
      "--deep every byte, which also finds what decays. Exit code 0 when every checkpoint is"
          + " valid,",
      "1 otherwise. Foreign files, and what unfinished checkpoints have left, do no harm.",
      "",
      "Examples:",
      "  muster checkpoints verify",
      "  muster checkpoints verify 20261121-093000-1f3a --step 300 --deep"
    })
final class CheckpointsVerifyCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Mixin private CheckpointsOf where;
  @Spec private CommandSpec spec;

  @Option(names = "--step", paramLabel = "N", description = "Only this one. Default: all.")
  private Long step;

  @Option(names = "--deep", description = "Read every byte.")
  private boolean deep;

  @Override
  public Integer call() throws IOException {
    var folder = where.folder();
    var catalog = new Catalog(folder.storage());
    var out = spec.commandLine().getOut();
    boolean valid = true;
    for (var entry : chosen(folder)) {
      if (entry.complete()) {
        valid &= show(catalog.verify(entry.step(), deep ? Depth.BYTES : Depth.SIZES), out);
      } else {
        out.println("step " + entry.step() + ": leftover, no checkpoint");
      }
    }
    return valid ? ExitCodes.SUCCESS : ExitCodes.FAILED;
  }

  private List<Catalog.Entry> chosen(CheckpointFolder folder) throws IOException {
    if (step == null) {
      return folder.entries();
    }
    folder.requireComplete(step);
    return folder.entries().stream().filter(e -> e.step() == step).toList();
  }

  private static boolean show(Verification found, PrintWriter out) {
    out.println("step " + found.step() + ": " + (found.valid() ? "valid" : "damaged"));
    found.findings().forEach(f -> out.println("  " + f));
    out.flush();
    return found.valid();
  }
}
