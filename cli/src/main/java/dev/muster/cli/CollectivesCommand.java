package dev.muster.cli;

import dev.muster.cli.bench.CollectiveCell;
import dev.muster.cli.bench.CollectiveKind;
import dev.muster.cli.bench.CollectiveSide;
import dev.muster.cli.bench.CollectivesBench;
import dev.muster.cli.bench.Machine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster bench collectives}. */
@Command(
    name = "collectives",
    description = "How fast processes of one host reduce and exchange, beside OpenMPI and gloo.",
    footer = {
      "",
      "Ours twice: tensors in shared memory, and ordinary native memory that is copied in and out.",
      "In each round all sides do the same, one after the other, and the others sleep; printed are",
      "medians of the rounds; how many times as fast as the better of the others we were, in the",
      "same round (median) and in everyone's fastest one; and CPU time. A size is that of the"
          + " larger side: an",
      "all-gather's output, a reduce-scatter's input. Calls follow each other without a pause.",
      "",
      "The others come from Debian: apt-get install openmpi-bin libopenmpi-dev python3-torch",
      "Memory: about 8 times the largest size for each rank.",
      "",
      "Examples:",
      "  muster bench collectives --against openmpi,gloo",
      "  muster bench collectives --quick --ranks 2",
      "  muster bench collectives --kinds allReduce --kib 4,64 --rounds 31"
    })
final class CollectivesCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(
      names = "--against",
      split = ",",
      paramLabel = "NAME",
      description = "openmpi and gloo, or one, or none. Default: both, if they are installed.")
  private List<String> against = List.of("openmpi", "gloo");

  @Option(names = "--quick", description = "Four sizes up to 16 MiB, 7 rounds.")
  private boolean quick;

  @Option(
      names = "--kib",
      split = ",",
      paramLabel = "N",
      description = "Sizes in KiB. Default: 4 to 262144, each 4 times the one before.")
  private List<Long> kibibytes;

  @Option(
      names = "--ranks",
      split = ",",
      paramLabel = "N",
      description = "Numbers of ranks, each a process. Default: 2,4.")
  private List<Integer> ranks = List.of(2, 4);

  @Option(
      names = "--kinds",
      split = ",",
      paramLabel = "KIND",
      description = "Default: allReduce,allGather,reduceScatter,broadcast,allToAll.")
  private List<String> kinds = List.of(CollectiveKind.labels().split(","));

  @Option(names = "--rounds", paramLabel = "N", description = "For each size. Default: 15.")
  private Integer rounds;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description = "Where shared memory lives. Default: /dev/shm.")
  private Path folder = Path.of("/dev/shm");

  @Option(
      names = "--results",
      paramLabel = "DIR",
      description = "Also writes collectives_<cores>-cores_<date>.txt there, or adds to it.")
  private Path results;

  private ResultFile file;

  @Override
  public Integer call() throws IOException {
    var wanted = kinds.stream().map(CollectivesCommand::kind).toList();
    var bytes = bytes();
    if (Collections.min(bytes) < 4096 || Collections.min(ranks) < 2) {
      throw UserError.usage("needed are at least two ranks and 4 KiB");
    }
    file = new ResultFile(spec);
    file.sayCommand();
    Machine.lines().forEach(file::say);
    var sides = sides();
    for (var side : sides) {
      file.say("%-12s %s".formatted(side.label() + ":", side.version()));
    }
    var cells = new ArrayList<CollectiveCell>();
    for (int worldSize : ranks) {
      try (var own = ScratchFolder.in(folder);
          var bench =
              new CollectivesBench(
                  own.path(), sides, worldSize, Collections.max(bytes), file::say)) {
        cells.addAll(measure(bench, wanted, bytes));
      }
    }
    summary(sides, cells);
    file.keep(results);
    return ExitCodes.SUCCESS;
  }

  private List<CollectiveCell> measure(
      CollectivesBench bench, List<CollectiveKind> wanted, List<Long> bytes) throws IOException {
    bench.warmUp(wanted);
    int times = rounds != null ? rounds : quick ? 7 : 15;
    var cells = new ArrayList<CollectiveCell>();
    var bounds = new ArrayList<String>();
    CollectiveCell.header().forEach(file::say);
    for (var kind : wanted) {
      for (long size : bytes) {
        var cell = bench.run(kind, size, times);
        file.say(cell.toString());
        cells.add(cell);
        if (size >= CollectivesBench.LARGE_BYTES) {
          bounds.add(cell.bound());
        }
      }
    }
    if (!bounds.isEmpty()) {
      file.say("zero copy beside the memory's own speed");
      file.say(CollectiveCell.boundHeader());
      bounds.forEach(file::say);
    }
    bench.waiting().forEach(file::say);
    return cells;
  }

  private void summary(Set<CollectiveSide> sides, List<CollectiveCell> cells) {
    if (sides.stream().allMatch(CollectiveSide::ours)) {
      return;
    }
    for (var ours : List.of(CollectiveSide.SHARED, CollectiveSide.NATIVE)) {
      var lost = cells.stream().filter(cell -> cell.ratio(ours) < 1).toList();
      file.say(
          "%s: faster than the better of the others in %d of %d"
              .formatted(ours.label(), cells.size() - lost.size(), cells.size()));
      lost.forEach(cell ->
          file.say(String.format(Locale.ROOT, "  slower: %s %.2f", cell.name(), cell.ratio(ours))));
    }
  }

  private Set<CollectiveSide> sides() {
    var sides = EnumSet.of(CollectiveSide.SHARED, CollectiveSide.NATIVE);
    for (var name : against) {
      if (name.equals("none")) {
        continue;
      }
      var side =
          EnumSet.of(CollectiveSide.OPENMPI, CollectiveSide.GLOO).stream()
              .filter(other -> other.label().equals(name))
              .findFirst()
              .orElseThrow(
                  () -> UserError.usage("--against " + name + ": known are openmpi, gloo, none"));
      side.missing().ifPresentOrElse(file::say, () -> sides.add(side));
    }
    return sides;
  }

  private List<Long> bytes() {
    var sizes = quick ? List.of(4L, 64L, 1024L, 16384L) : sizes(4, 256 << 10);
    return (kibibytes == null ? sizes : kibibytes).stream().map(kib -> kib << 10).toList();
  }

  private static List<Long> sizes(long from, long to) {
    var sizes = new ArrayList<Long>();
    for (long size = from; size <= to; size *= 4) {
      sizes.add(size);
    }
    return sizes;
  }

  private static CollectiveKind kind(String label) {
    try {
      return CollectiveKind.of(label);
    } catch (IllegalArgumentException e) {
      throw UserError.usage("--kinds " + e.getMessage());
    }
  }
}
