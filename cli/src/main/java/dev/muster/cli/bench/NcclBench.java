package dev.muster.cli.bench;

import dev.muster.collectives.Groups;
import dev.muster.collectives.nccl.NcclCommunicator;
import dev.muster.collectives.nccl.NcclGroups;
import dev.muster.collectives.shared.SharedMemoryGroups;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * All that a machine with GPUs has to show of NCCL: a rank per GPU, each a thread with its own
 * groups, as a process would have them. A check that fails is told, and the others go on.
 */
public final class NcclBench {
  private static final int REBUILDS = 20;

  private final Path folder;
  private final int gpus;
  private final List<NcclGroups> groups;
  private final Consumer<String> say;
  private long generation;
  private int failed;

  /** What a rank does in a group. */
  private interface Body {
    double run(NcclCommunicator communicator);
  }

  /**
   * @param folder for files of the groups of the CPU
   */
  public NcclBench(Path folder, int gpus, Consumer<String> say) {
    this.folder = folder;
    this.gpus = gpus;
    this.say = say;
    this.groups =
        IntStream.range(0, gpus)
            .mapToObj(gpu -> new NcclGroups(new SharedMemoryGroups(), gpu))
            .toList();
  }

  /** Checks that failed. */
  public int run(List<Long> sizes, int rounds) {
    check(
        "all-reduce of every type and operation",
        () -> all(c -> nothing(NcclChecks::allReduces, c)));
    check("every other operation, and an agreement", () -> all(c -> nothing(NcclChecks::moves, c)));
    check(REBUILDS + " groups, one after the other", this::rebuilt);
    check("a rank that does not come: the others leave", this::aborted);
    check("buckets of a worker's gradients, beside a group of the CPU", this::bucketed);
    check("threads that wait for their GPU when a group ends", this::freed);
    check("a group of all but one rank, without a new id", this::shrunk);
    check("two halves of a group", this::split);
    for (long bytes : sizes) {
      check("all-reduce of " + bytes + " bytes", () -> timed(bytes, rounds));
    }
    return failed;
  }

  private static double nothing(Consumer<NcclCommunicator> body, NcclCommunicator c) {
    body.accept(c);
    return 0;
  }

  private void check(String what, Callable<String> body) {
    try {
      say.accept("passed   " + what + body.call());
    } catch (Skipped e) {
      say.accept("skipped  " + what + ": " + e.getMessage());
    } catch (Exception e) {
      failed++;
      say.accept("FAILED   " + what + ": " + e.getMessage());
    }
  }

  /** Needs more GPUs than there are. */
  private static final class Skipped extends Exception {
    private Skipped(int needed) {
      super("needs " + needed + " GPUs");
    }
  }

  private void need(int count) throws Skipped {
    if (gpus < count) {
      throw new Skipped(count);
    }
  }

  private Groups.Spec next(String name, int worldSize) {
    return new Groups.Spec(folder, name, ++generation, worldSize, 0, 0);
  }

  private String all(Body body) throws Exception {
    ranks(next("dp", gpus), body);
    return "";
  }

  private List<Double> ranks(Groups.Spec spec, Body body) throws Exception {
    return threads(spec, rank -> rank(spec, rank, body));
  }

  private List<Double> threads(Groups.Spec spec, IntToDoubleFunction rankOf) throws Exception {
    try (var threads = Executors.newFixedThreadPool(gpus)) {
      var all = new ArrayList<Future<Double>>();
      for (int r = 0; r < gpus; r++) {
        int rank = r;
        all.add(threads.submit(() -> rankOf.applyAsDouble(rank)));
      }
      var results = new ArrayList<Double>();
      for (var each : all) {
        results.add(each.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    } finally {
      groups.getFirst().remove(spec);
    }
  }

  /** A rank that fails ends the group, so that nobody waits for it. */
  private double rank(Groups.Spec spec, int rank, Body body) {
    try (var c = (NcclCommunicator) groups.get(rank).join(spec, rank)) {
      return run(c, body);
    }
  }

  private static double run(NcclCommunicator c, Body body) {
    try {
      return body.run(c);
    } catch (RuntimeException e) {
      c.abort("check failed: rank=" + c.rank() + " " + e.getMessage());
      throw e;
    }
  }

  /** As workers have it: the group of the CPU is there first, and outlives NCCL's. */
  private List<Double> beside(Body body) throws Exception {
    var plain = new SharedMemoryGroups();
    var spec = new Groups.Spec(folder, "dp", ++generation, gpus, 0, 4096);
    return threads(
        spec,
        rank -> {
          try (var cpu = plain.join(spec, rank);
              var c = groups.get(rank).beside(cpu, () -> plain.monitor(spec))) {
            return run(c, body);
          }
        });
  }

  /** Twice: the second generation is made of nothing of the first. */
  private String bucketed() throws Exception {
    for (int round = 0; round < 2; round++) {
      beside(c -> nothing(NcclWorkerChecks::buckets, c));
    }
    return "";
  }

  private String freed() throws Exception {
    need(2);
    var absence = NcclChecks.Absence.of(gpus - 1);
    return lastAfter(beside(c -> NcclWorkerChecks.waitForDevice(c, absence)));
  }

  private static String lastAfter(List<Double> ms) {
    return ": the last after %.2f ms"
        .formatted(ms.stream().mapToDouble(each -> each).max().orElseThrow());
  }

  private String rebuilt() throws Exception {
    for (int i = 0; i < REBUILDS; i++) {
      ranks(
          next("dp", gpus),
          c -> {
            c.barrier().await();
            return 0;
          });
    }
    return "";
  }

  private String aborted() throws Exception {
    need(2);
    var absence = NcclChecks.Absence.of(gpus - 1);
    return lastAfter(ranks(next("dp", gpus), c -> NcclChecks.abort(c, absence)));
  }

  private String shrunk() throws Exception {
    need(2);
    var parent = next("dp", gpus);
    var child = next("dp", gpus - 1);
    ranks(
        parent,
        c -> {
          c.barrier().await();
          if (c.rank() < gpus - 1) {
            try (var smaller = groups.get(c.rank()).shrink(c, child, c.rank(), gpus - 1)) {
              NcclChecks.moves(smaller);
            }
          }
          return 0;
        });
    groups.getFirst().remove(child);
    return "";
  }

  private String split() throws Exception {
    need(4);
    var halves = List.of(next("even", (gpus + 1) / 2), next("odd", gpus / 2));
    return all(c -> {
      int color = c.rank() % 2;
      try (var half = groups.get(c.rank()).split(c, halves.get(color), c.rank() / 2, color)) {
        NcclChecks.moves(half);
      }
      c.barrier().await();
      return 0;
    });
  }

  private String timed(long bytes, int rounds) throws Exception {
    double seconds =
        ranks(next("dp", gpus), c -> NcclChecks.secondsOfAllReduce(c, bytes, rounds)).getFirst();
    double busBytes = bytes * 2.0 * (gpus - 1) / gpus;
    return ": %.1f us, %.1f GB/s of the buffer, %.1f GB/s on each GPU's links"
        .formatted(seconds * 1e6, bytes / seconds / 1e9, busBytes / seconds / 1e9);
  }
}
