package dev.muster.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.Groups;
import dev.muster.collectives.shared.SharedMemoryGroups;
import dev.muster.trainer.optimizer.AdamW;
import dev.muster.trainer.optimizer.Layout;
import dev.muster.trainer.optimizer.ModelState;
import dev.muster.trainer.optimizer.Optimizer;
import dev.muster.trainer.optimizer.ReplicatedOptimizer;
import dev.muster.trainer.optimizer.ShardedOptimizer;
import dev.muster.trainer.settings.Settings;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/**
 * What a step costs beside the model: reducing the gradients and updating the parameters, with the
 * optimizer's state on every rank and sharded. Ranks are threads of this process on shared memory
 * files. Each round times all kinds one after the other, so that other load on the machine meets
 * them alike; medians of the rounds and of their ratios are printed. Wall time is rank 0's from one
 * barrier to the next, CPU time that of all ranks.
 *
 * <p>Arguments: {@code [ranks] [million parameters] [rounds]}, 4, 8 and 40 unless given.
 */
public final class OptimizerCost {
  private static final int WARM_UP = 10;
  private static final int WIDTH = 1000;
  private static final List<String> KINDS = List.of("replicated", "sharded");

  private final int ranks;
  private final int rounds;
  private final Layout layout;
  private final double[][] wallNs;
  private final double[][][] cpuNs; // kind, round, rank

  private OptimizerCost(int ranks, int millions, int rounds) {
    this.ranks = ranks;
    this.rounds = rounds;
    var builder = Layout.builder();
    for (int i = 0; i < millions; i++) {
      builder.matrix("w" + i, 0.02, WIDTH, WIDTH).vector("b" + i, Layout.Initial.ZERO, WIDTH);
    }
    this.layout = builder.build();
    this.wallNs = new double[KINDS.size()][rounds];
    this.cpuNs = new double[KINDS.size()][rounds][ranks];
  }

  public static void main(String[] args) throws Exception {
    int[] values = {4, 8, 40};
    for (int i = 0; i < args.length; i++) {
      values[i] = Integer.parseInt(args[i]);
    }
    new OptimizerCost(values[0], values[1], values[2]).measure();
  }

  private void measure() throws Exception {
    Path folder = Files.createTempDirectory(Path.of("/dev/shm"), "muster-bench-");
    try (var threads = Executors.newFixedThreadPool(ranks)) {
      List<Callable<Void>> calls =
          IntStream.range(0, ranks).<Callable<Void>>mapToObj(r -> () -> rank(folder, r)).toList();
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

  private Void rank(Path folder, int rank) {
    long bytes = ReplicatedOptimizer.sharedBytes(layout) + ShardedOptimizer.sharedBytesMax(layout);
    var spec = new Groups.Spec(folder, "bench", 1, ranks, 0, bytes);
    try (var communicator = new SharedMemoryGroups().join(spec, rank);
        var arena = Arena.ofShared()) {
      var steps = KINDS.stream().map(kind -> new UpdateStep(kind, communicator, arena)).toList();
      for (int round = -WARM_UP; round < rounds; round++) {
        for (int kind = 0; kind < steps.size(); kind++) {
          time(steps.get(kind), kind, Math.max(0, round), communicator);
        }
      }
      steps.forEach(UpdateStep::close);
    }
    return null;
  }

  private void time(UpdateStep step, int kind, int round, Communicator communicator) {
    step.fill();
    communicator.barrier().await();
    long wall = System.nanoTime();
    long cpu = threadCpuNs();
    step.run();
    cpuNs[kind][round][communicator.rank()] = threadCpuNs() - cpu;
    communicator.barrier().await();
    if (communicator.rank() == 0) {
      wallNs[kind][round] = System.nanoTime() - wall;
    }
  }

  private static long threadCpuNs() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  /** One kind on one rank. */
  private final class UpdateStep {
    private final Optimizer optimizer;
    private final Communicator communicator;
    private long number;

    UpdateStep(String kind, Communicator communicator, Arena arena) {
      var state = ModelState.initial(layout, 1, arena);
      var adamW = new AdamW(AdamW.Config.from(new Settings(Map.of()), 1e-3, 1, 1000));
      this.communicator = communicator;
      optimizer =
          kind.equals("replicated")
              ? new ReplicatedOptimizer(adamW, state)
              : new ShardedOptimizer(adamW, state);
      optimizer.place(communicator.rank(), ranks);
      optimizer.joined(communicator);
    }

    void fill() {
      float value = 1e-3f * (communicator.rank() + 1);
      for (MemorySegment gradient : optimizer.cleared()) {
        for (long i = 0; i < gradient.byteSize() / Float.BYTES; i++) {
          gradient.setAtIndex(JAVA_FLOAT, i, i % 2 == 0 ? value : -value);
        }
      }
    }

    void run() {
      optimizer.reduce(1);
      optimizer.prepare(++number);
      communicator.barrier().await(); // stands for the agreement
      optimizer.apply(number);
    }

    void close() {
      optimizer.close();
    }
  }

  private void print() {
    System.out.printf("ranks=%d parameters=%d rounds=%d%n", ranks, layout.parameters(), rounds);
    for (int kind = 0; kind < KINDS.size(); kind++) {
      double[][] cpuOfAll = cpuNs[kind];
      double[] cpu = Arrays.stream(cpuOfAll).mapToDouble(r -> Arrays.stream(r).sum()).toArray();
      double[] baseline =
          Arrays.stream(cpuNs[0]).mapToDouble(r -> Arrays.stream(r).sum()).toArray();
      System.out.printf(
          "%-12s wall %7.2f ms, %5.2f of replicated; CPU of all ranks %7.2f ms, %5.2f of"
              + " replicated%n",
          KINDS.get(kind),
          median(wallNs[kind]) / 1e6,
          median(ratios(wallNs[kind], wallNs[0])),
          median(cpu) / 1e6,
          median(ratios(cpu, baseline)));
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
