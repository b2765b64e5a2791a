package dev.muster.cli;

import dev.muster.cli.bench.Machine;
import dev.muster.cli.bench.NcclBench;
import dev.muster.collectives.nccl.NcclLibrary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster bench nccl}. */
@Command(
    name = "nccl",
    description = "What of NCCL works on this machine's GPUs, and how fast they reduce.",
    footer = {
      "",
      "A rank for each GPU, all in one process: every kind of operation, rebuilds, a rank that"
          + " does",
      "not come, shrunk and split groups, then times of all-reduces. What needs more GPUs than",
      "there are is skipped and said. Needs the driver, the CUDA 13 runtime and NCCL 2.18 or newer",
      "in LD_LIBRARY_PATH.",
      "",
      "Examples:",
      "  muster bench nccl",
      "  muster bench nccl --gpus 2 --kib 4,1024 --results benchmarks/results"
    })
final class NcclCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(names = "--gpus", paramLabel = "N", description = "Default: all.")
  private int gpus;

  @Option(
      names = "--kib",
      split = ",",
      paramLabel = "N",
      description = "Sizes in KiB. Default: 4,64,1024,16384,262144.")
  private List<Integer> kibibytes = List.of(4, 64, 1024, 16384, 262144);

  @Option(names = "--rounds", paramLabel = "N", description = "For each size. Default: 30.")
  private int rounds = 30;

  @Option(
      names = "--results",
      paramLabel = "DIR",
      description = "Also adds to nccl_<cores>-cores_<date>.txt there.")
  private Path results;

  @Override
  public Integer call() throws IOException {
    NcclLibrary.missing()
        .ifPresent(why -> {
          throw UserError.failed(why);
        });
    int found = NcclLibrary.devices();
    int used = gpus == 0 ? found : gpus;
    if (used < 1 || used > found || rounds < 1) {
      throw UserError.usage(
          "needed are at least one round and 1 to %d GPUs: gpus=%d".formatted(found, used));
    }
    var file = new ResultFile(spec);
    file.sayCommand();
    Machine.lines().forEach(file::say);
    file.say(
        "NCCL %s, GPUs %d of %d".formatted(NcclLibrary.words(NcclLibrary.version()), used, found));
    int failed = checked(used, file);
    file.say(failed == 0 ? "all that ran has passed" : failed + " failed");
    file.keep(results);
    return failed == 0 ? ExitCodes.SUCCESS : ExitCodes.FAILED;
  }

  private int checked(int used, ResultFile file) throws IOException {
    try (var folder = ScratchFolder.in(Path.of("/dev/shm"))) {
      var sizes = kibibytes.stream().map(kib -> 1024L * kib).toList();
      return new NcclBench(folder.path(), used, file::say).run(sizes, rounds);
    }
  }
}
