package dev.muster.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.Groups;
import dev.muster.collectives.shared.SharedMemoryGroups;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Times kinds of one work on ranks that are threads of this process, on shared memory files. Each
 * round times all kinds one after the other, so that other load on the machine meets them alike;
 * medians of the rounds and of their ratios to the first kind are printed. Both times go from one
 * barrier to the next: wall time, and CPU time of the whole process.
 */
final class RanksByTurns {
  private static final int WARM_UP = 10;

  /** One kind of work on one rank. */
  interface Kind extends AutoCloseable {
    String name();

    /** Before the clock starts. */
    void prepare();

    void run();

    @Override
    void close();
  }

  private final int ranks;
  private final int rounds;
  private final long bytesPerRank;
  private final OperatingSystemMXBean machine =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private List<String> names;
  private double[][] wallNs; // kind, round
  private double[][] cpuNs;

  RanksByTurns(int ranks, int rounds, long bytesPerRank) {
    this.ranks = ranks;
    this.rounds = rounds;
    this.bytesPerRank = bytesPerRank;
  }

  /**
   * @param kinds of one rank, in the same order on all
   */
  void measure(Function<Communicator, List<? extends Kind>> kinds) throws Exception {
    Path folder = Files.createTempDirectory(Path.of("/dev/shm"), "muster-bench-");
    try (var threads = Executors.newFixedThreadPool(ranks)) {
      List<Callable<Void>> calls =
          IntStream.range(0, ranks)
              .<Callable<Void>>mapToObj(r -> () -> rank(folder, r, kinds))
              .toList();
      for (var done : threads.invokeAll(calls)) {
        done.get();
      }
    } finally {
      delete(folder);
    }
    print();
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  private Void rank(Path folder, int rank, Function<Communicator, List<? extends Kind>> of) {
    var spec = new Groups.Spec(folder, "bench", 1, ranks, 0, bytesPerRank);
    try (var communicator = new SharedMemoryGroups().join(spec, rank)) {
      var kinds = of.apply(communicator);
      if (rank == 0) {
        names = kinds.stream().map(Kind::name).toList();
        wallNs = new double[names.size()][rounds];
        cpuNs = new double[names.size()][rounds];
      }
      for (int round = -WARM_UP; round < rounds; round++) {
        for (int kind = 0; kind < kinds.size(); kind++) {
          time(kinds.get(kind), kind, Math.max(0, round), communicator);
        }
      }
      kinds.forEach(Kind::close);
    }
    return null;
  }

  private void time(Kind kind, int index, int round, Communicator communicator) {
    kind.prepare();
    communicator.barrier().await();
    long wall = System.nanoTime();
    long cpu = machine.getProcessCpuTime();
    kind.run();
    communicator.barrier().await();
    if (communicator.rank() == 0) {
      cpuNs[index][round] = machine.getProcessCpuTime() - cpu;
      wallNs[index][round] = System.nanoTime() - wall;
    }
  }

  private void print() {
    System.out.printf("ranks=%d rounds=%d%n", ranks, rounds);
    for (int kind = 0; kind < names.size(); kind++) {
      System.out.printf(
          "%-12s wall %7.2f ms, %5.2f of %s; CPU of all ranks %7.2f ms, %5.2f of %s%n",
          names.get(kind),
          median(wallNs[kind]) / 1e6,
          median(ratios(wallNs[kind], wallNs[0])),
          names.getFirst(),
          median(cpuNs[kind]) / 1e6,
          median(ratios(cpuNs[kind], cpuNs[0])),
          names.getFirst());
    }
  }

  private static double[] ratios(double[] times, double[] baseline) {
    return IntStream.range(0, times.length).mapToDouble(i -> times[i] / baseline[i]).toArray();
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
