package dev.muster.cli.abort;

import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.collectives.flight.Standing;
import dev.muster.collectives.shared.SharedMemoryGroups;
import dev.muster.protocol.core.CounterRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Groups that are made, in which all ranks but one wait in a call, and that are aborted: by the
 * monitor, as an agent does it, and by the rank that stayed away. Every round is a rebuild: what
 * the processes hold is counted before and after. One thread.
 */
public final class AbortBench implements AutoCloseable {
  private static final long DELAY_NS_MAX = 4_000_000; // spinning, yielding and all lengths of parks

  /**
   * @param processes the ranks are spread over them evenly
   */
  public record Plan(int worldSize, int processes, int rounds, long seed) {}

  /**
   * @param byMonitor from the abort to the return of each rank that waited
   * @param rebuilds from the order to join to the last rank that joined
   * @param before what the processes hold after some first rounds
   * @param left names in the directory of segments at the end
   */
  public record Result(
      Quantiles byMonitor,
      Quantiles byPeer,
      Quantiles rebuilds,
      List<Holdings> before,
      List<Holdings> after,
      List<String> left) {}

  private final Plan plan;
  private final Path directory;
  private final RankHosts hosts;
  private final Groups groups = new SharedMemoryGroups();
  private final Quantiles byMonitor = new Quantiles();
  private final Quantiles byPeer = new Quantiles();
  private final Quantiles rebuilds = new Quantiles();

  /**
   * @param shared where the segments go, in a folder of their own
   */
  public AbortBench(Plan plan, Path shared) throws IOException {
    this.plan = plan;
    this.directory = Files.createTempDirectory(shared, "muster-abort-");
    this.hosts = new RankHosts(directory, plan.processes());
  }

  /** Which threads and files a process makes once, it has after one round of each call. */
  public Result run() throws IOException {
    int warmUp = BlockedCall.values().length;
    for (int round = 0; round < warmUp; round++) {
      round(round, true);
    }
    var before = count();
    for (int round = warmUp; round < warmUp + plan.rounds(); round++) {
      round(round, false);
    }
    return new Result(byMonitor, byPeer, rebuilds, before, count(), left());
  }

  private List<Holdings> count() throws IOException {
    var counts = new ArrayList<Holdings>();
    for (var host : hosts.all()) {
      counts.add(host.count());
    }
    return counts;
  }

  private List<String> left() throws IOException {
    try (var files = Files.list(directory)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  private long random(String what, int round, long bound) {
    return CounterRandom.below(bound, CounterRandom.mix(plan.seed(), what, round, 0));
  }

  private void round(int round, boolean warmUp) throws IOException {
    int world = plan.worldSize();
    var spec = new Groups.Spec(directory, "dp", round + 1, world, 0, BlockedCall.BYTES);
    int away = (int) random("away", round, world);
    var call = BlockedCall.values()[round % BlockedCall.values().length];
    try (var monitor = groups.monitor(spec)) {
      long joinNs = join(spec);
      hosts.order("block " + call + " " + away);
      awaitInside(monitor, world - 1, call);
      LockSupport.parkNanos(random("delay", round, DELAY_NS_MAX));
      boolean byMonitorNow = random("who", round, 2) == 0;
      long abortNs = byMonitorNow ? revoke(monitor) : abort(away);
      var latencies = byMonitorNow ? byMonitor : byPeer;
      for (long returnedNs : returned(away, call)) {
        if (!warmUp) {
          latencies.add(returnedNs - abortNs);
        }
      }
      if (!warmUp) {
        rebuilds.add(joinNs);
      }
      close(world);
    } finally {
      groups.remove(spec);
    }
  }

  private int each() {
    return plan.worldSize() / plan.processes();
  }

  private int hostOf(int rank) {
    return rank / each();
  }

  private long join(Groups.Spec spec) throws IOException {
    long startNs = System.nanoTime();
    for (int host = 0; host < plan.processes(); host++) {
      hosts
          .all()
          .get(host)
          .order(
              "join %d %d %d %d 0 %d"
                  .formatted(
                      spec.generation(),
                      plan.worldSize(),
                      host * each(),
                      each(),
                      spec.bytesPerRank()));
    }
    long lastNs = startNs;
    for (int rank = 0; rank < plan.worldSize(); rank++) {
      String[] words = hosts.all().get(hostOf(rank)).hear("joined");
      if (words.length > 3) {
        throw new IOException("a rank could not join: " + String.join(" ", words));
      }
      lastNs = Math.max(lastNs, Long.parseLong(words[2]));
    }
    return lastNs - startNs;
  }

  private static void awaitInside(GroupMonitor monitor, int ranks, BlockedCall call)
      throws IOException {
    long deadlineNs = System.nanoTime() + 60_000_000_000L;
    while (monitor.standings().stream().filter(AbortBench::inside).count() < ranks) {
      if (System.nanoTime() > deadlineNs) {
        throw new IOException("ranks do not come to wait: call=" + call);
      }
      LockSupport.parkNanos(200_000);
    }
  }

  private static boolean inside(Standing standing) {
    return standing.newest() != null && standing.newest().unfinished();
  }

  private static long revoke(GroupMonitor monitor) {
    long nowNs = System.nanoTime();
    monitor.revoke("aborted by the monitor");
    return nowNs;
  }

  private long abort(int rank) throws IOException {
    var host = hosts.all().get(hostOf(rank));
    host.order("abort " + rank);
    while (true) { // ranks of that process may say first that they have left
      String[] words = host.hearAny();
      if (words[0].equals("aborted")) {
        return Long.parseLong(words[1]);
      }
      host.keep(words);
    }
  }

  private List<Long> returned(int away, BlockedCall call) throws IOException {
    var returned = new ArrayList<Long>();
    for (int rank = 0; rank < plan.worldSize(); rank++) {
      if (rank == away) {
        continue;
      }
      String[] words = hosts.all().get(hostOf(rank)).hear("left");
      if (!words[3].equals("revoked")) {
        throw new IOException("expected=revoked actual=" + words[3] + " call=" + call);
      }
      returned.add(Long.parseLong(words[2]));
    }
    return returned;
  }

  private void close(int world) throws IOException {
    hosts.order("close");
    for (int rank = 0; rank < world; rank++) {
      hosts.all().get(hostOf(rank)).hear("closed");
    }
  }

  @Override
  public void close() throws IOException {
    hosts.close();
    SharedMemoryGroups.sweep(directory);
    Files.deleteIfExists(directory);
  }
}
