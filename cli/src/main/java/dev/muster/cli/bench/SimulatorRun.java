package dev.muster.cli.bench;

import dev.muster.simulator.drill.Drill;
import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.HostKind;
import dev.muster.simulator.drill.Outcome;
import dev.muster.simulator.drill.Seeds;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/**
 * What it took to play a large cluster; a line of {@code muster bench simulator}.
 *
 * @param events that cores handled, without those that were computed instead
 */
public record SimulatorRun(
    int nodes,
    int days,
    String host,
    long recoveries,
    long events,
    double goodput,
    double wallSeconds,
    double cpuSeconds) {
  private static final int GPUS = 8;

  public static String header() {
    return "   nodes      gpus  days  host        recoveries      events   goodput    wall s    "
        + " cpu s   events/s";
  }

  public static SimulatorRun one(int nodes, int days, HostKind kind) {
    return timed(
        nodes,
        days,
        kind.name().toLowerCase(Locale.ROOT),
        () -> List.of(DrillRun.play(drill(nodes, days), 1, kind)));
  }

  /** Seeds 1 to {@code seeds}, as many at once as there are processors. */
  public static SimulatorRun many(int nodes, int days, int seeds) {
    var drill = drill(nodes, days);
    var all = LongStream.rangeClosed(1, seeds).boxed().toList();
    int parallel = Runtime.getRuntime().availableProcessors();
    return timed(
        nodes,
        days,
        "core x" + seeds,
        () -> Seeds.play(all, parallel, seed -> DrillRun.play(drill, seed), outcome -> {}));
  }

  private interface Play {
    List<Outcome> play();
  }

  private static SimulatorRun timed(int nodes, int days, String host, Play play) {
    long wallNs = System.nanoTime();
    long cpuNs = cpuNs();
    var outcomes = play.play();
    double wall = (System.nanoTime() - wallNs) / 1e9;
    double cpu = (cpuNs() - cpuNs) / 1e9;
    outcomes.forEach(SimulatorRun::mustHold);
    return new SimulatorRun(
        nodes,
        days,
        host,
        outcomes.stream().mapToLong(outcome -> outcome.recoveries().size()).sum(),
        outcomes.stream().mapToLong(Outcome::events).sum(),
        outcomes.stream().mapToDouble(Outcome::goodput).average().orElse(0),
        wall,
        cpu);
  }

  /** A run that ends early or breaks an invariant says nothing of speed. */
  private static void mustHold(Outcome outcome) {
    if (!outcome.end().isEmpty() || !outcome.violations().isEmpty()) {
      throw new IllegalStateException(
          "the benchmark broke: seed=%d end=%s violations=%s"
              .formatted(outcome.seed(), outcome.end(), outcome.violations()));
    }
  }

  private static Drill drill(int nodes, int days) {
    int spareNodes = Math.max(1, nodes * 3 / 100);
    return DrillReader.parse(
        """
        drill = bench, horizon = %dd, profile = llama3-h100
        fleet { nodes = %d, gpus-per-node = %d, slots = %d }
        job { workers = %d, min-workers = %d, spares = %d, step = 4200ms }
        """
            .formatted(
                days,
                nodes,
                GPUS,
                GPUS,
                (nodes - spareNodes) * GPUS,
                Math.max(1, (nodes - 2 * spareNodes) * GPUS / 2),
                spareNodes * GPUS / 2));
  }

  private static long cpuNs() {
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return system.getProcessCpuTime();
  }

  /** Of this process, as the kernel counts it; "unknown" where it does not tell. */
  public static String peakMemory() {
    try (var lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .map(line -> line.substring(6).strip())
          .findFirst()
          .orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%8d %9d %5d  %-11s %10d %11d %9.4f %9.1f %9.1f %10.0f",
        nodes,
        nodes * GPUS,
        days,
        host,
        recoveries,
        events,
        goodput,
        wallSeconds,
        cpuSeconds,
        events / wallSeconds);
  }
}
