package dev.muster.cli;

import dev.muster.cli.bench.CheckpointBench;
import dev.muster.cli.bench.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster bench checkpoint}. */
@Command(
    name = "checkpoint",
    description =
        "How long a step waits for a snapshot, and what persisting, restoring and moving one take.",
    footer = {
      "",
      "All figures are medians of one run, in which the same bytes are copied, saved, written and",
      "moved in turn. A size needs four times as much memory, half of that in /dev/shm.",
      "",
      "Examples:",
      "  muster bench checkpoint",
      "  muster bench checkpoint --sizes 64 --rounds 30 --dir /mnt/checkpoints"
    })
final class CheckpointBenchCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(
      names = "--sizes",
      split = ",",
      paramLabel = "MIB",
      description = "Of one rank's state. Default: 64,256,1024,2048.")
  private List<Long> sizes = List.of(64L, 256L, 1024L, 2048L);

  @Option(names = "--rounds", paramLabel = "N", description = "In memory. Default: 15.")
  private int rounds = 15;

  @Option(names = "--disk-rounds", paramLabel = "N", description = "On the disk. Default: 3.")
  private int diskRounds = 3;

  @Option(
      names = "--step-ms",
      paramLabel = "MS",
      description = "The step behind which an overlapped save hides. Default: 100.")
  private double stepMs = 100;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "A folder on the disk that is measured. Default: a new one in runs/.")
  private Path dir;

  @Override
  public Integer call() throws IOException {
    var out = spec.commandLine().getOut();
    if (rounds < 1 || diskRounds < 1 || stepMs <= 0 || sizes.stream().anyMatch(s -> s < 1)) {
      throw UserError.usage("needed are at least one round, one MiB, and a step that takes time");
    }
    var folder = dir == null ? Path.of("runs", "bench-" + ProcessHandle.current().pid()) : dir;
    Files.createDirectories(folder);
    var bench =
        new CheckpointBench(
            rounds,
            diskRounds,
            stepMs * TimeUnit.MILLISECONDS.toNanos(1),
            folder.toAbsolutePath(),
            out::println);
    Machine.lines().forEach(out::println);
    for (long size : sizes) {
      out.println();
      measure(bench, size).forEach(out::println);
      out.flush();
    }
    return ExitCodes.SUCCESS;
  }

  private static List<String> measure(CheckpointBench bench, long mebibytes) throws IOException {
    try {
      return bench.measure(mebibytes << 20);
    } catch (IllegalStateException e) {
      throw UserError.failed("cannot measure: sizeMiB=" + mebibytes + " reason=" + e.getMessage());
    }
  }
}
