package dev.muster.cli.abort;

import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.collectives.flight.Diagnosis;
import dev.muster.collectives.flight.RecordedCall;
import dev.muster.collectives.flight.Recording;
import dev.muster.collectives.flight.Standing;
import dev.muster.collectives.shared.SharedMemoryGroups;
import dev.muster.protocol.core.CounterRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Kills one of the processes of a group with SIGKILL at a random moment of a random series of
 * calls, again and again. As an agent does, the parent then revokes the group. Survivors must
 * return within the bound, with the step the group committed and no wrong data before; the recorder
 * of the dead must say nothing that was not committed. The survivors go on in the next group, with
 * a fresh process in the place of the dead one.
 *
 * <p>In one of four rounds the revoke waits until the flight recorders name the dead rank: alone,
 * or in a circle, where ranks are in the middle of messages to one another and calls do not tell
 * which of them stands still.
 */
public final class KillCampaign implements AutoCloseable {
  private static final long KILL_WITHIN_CALLS = 60;
  private static final long KILL_WITHIN_NS = 1_000_000;
  private static final long PROGRESS_WITHIN_NS = 60_000_000_000L;
  private static final long NAMED_WITHIN_NS = 20_000_000_000L;
  private static final long CIRCLE_NS = 300_000_000L; // unchanged for so long

  /** {@code worldSize} processes of one rank each. */
  public record Plan(int kills, int worldSize, long seed, long boundNs) {}

  /**
   * @param returns from the revoke to the return of each survivor
   * @param calls how often the dead was in each kind of call; "none" between calls
   * @param named rounds in which the revoke waited for the recorders, which named the dead, by how
   * @param left names in the directory of segments at the end
   * @param faults one line each, with what replays it
   */
  public record Result(
      Quantiles returns,
      Map<String, Integer> calls,
      Map<Diagnosis.Cause, Integer> named,
      List<String> left,
      List<String> faults) {}

  private final Plan plan;
  private final Path directory;
  private final RankHosts hosts;
  private final Groups groups = new SharedMemoryGroups();
  private final Quantiles returns = new Quantiles();
  private final Map<String, Integer> calls = new TreeMap<>();
  private final List<String> faults = new ArrayList<>();
  private RankHosts.Host spare;
  private final Map<Diagnosis.Cause, Integer> named = new TreeMap<>();
  private long committed;

  /**
   * @param shared where the segments go, in a folder of their own
   */
  public KillCampaign(Plan plan, Path shared) throws IOException {
    this.plan = plan;
    this.directory = Files.createTempDirectory(shared, "muster-kills-");
    this.hosts = new RankHosts(directory, plan.worldSize());
    this.spare = hosts.start();
  }

  /** The first fault of a rank that cannot go on ends it. */
  public Result run() throws IOException {
    for (int kill = 0; kill < plan.kills(); kill++) {
      try {
        round(kill);
      } catch (IOException e) {
        fault(kill, e.getMessage());
        break;
      }
    }
    return new Result(returns, calls, named, left(), faults);
  }

  private void fault(int kill, String text) {
    faults.add("kill %d: %s; replay: %s".formatted(kill, text, replay(plan)));
  }

  /** The line that repeats it: the same calls, victims and moments by their counts. */
  public static String replay(Plan plan) {
    return "./muster bench abort --kills %d --ranks %d --seed %d --bound-ms %d"
        .formatted(plan.kills(), plan.worldSize(), plan.seed(), plan.boundNs() / 1_000_000);
  }

  private long random(String what, int kill, long bound) {
    return CounterRandom.below(bound, CounterRandom.mix(plan.seed(), what, kill, 0));
  }

  private void round(int kill) throws IOException {
    int world = plan.worldSize();
    var spec = new Groups.Spec(directory, "dp", kill + 1, world, committed, CallScript.BYTES);
    int victim = (int) random("victim", kill, world);
    try (var monitor = groups.monitor(spec)) {
      join(spec);
      hosts.order("script " + plan.seed());
      awaitCall(monitor, victim, 1 + random("call", kill, KILL_WITHIN_CALLS));
      LockSupport.parkNanos(random("delay", kill, KILL_WITHIN_NS));
      hosts.all().get(victim).kill();
      if (kill % 4 == 0) {
        named.merge(awaitNamed(monitor, victim), 1, Integer::sum);
      }
      long revokeNs = System.nanoTime();
      committed = monitor.revoke("rank " + victim + " was killed");
      survivors(kill, victim, revokeNs);
      checkDead(kill, monitor, victim);
      closeSurvivors(victim);
    } finally {
      groups.remove(spec);
    }
    replace(victim);
  }

  private void join(Groups.Spec spec) throws IOException {
    for (int rank = 0; rank < plan.worldSize(); rank++) {
      hosts
          .all()
          .get(rank)
          .order(
              "join %d %d %d 1 %d %d"
                  .formatted(
                      spec.generation(),
                      plan.worldSize(),
                      rank,
                      spec.startStep(),
                      spec.bytesPerRank()));
    }
    for (var host : hosts.all()) {
      String[] words = host.hear("joined");
      if (words.length > 3) {
        throw new IOException("a rank could not join: " + String.join(" ", words));
      }
    }
  }

  private static void awaitCall(GroupMonitor monitor, int victim, long index) throws IOException {
    long seen = -1;
    long seenNs = 0;
    for (long now = -1; now < index; now = reached(monitor.standings().get(victim))) {
      if (now > seen) {
        seen = now;
        seenNs = System.nanoTime();
      } else if (seen >= 0 && System.nanoTime() - seenNs > PROGRESS_WITHIN_NS) {
        throw new IOException("the group does not go on: expected=" + index + " actual=" + now);
      }
      LockSupport.parkNanos(20_000);
    }
  }

  private static long reached(Standing standing) {
    return standing.newest() == null ? 0 : standing.newest().index();
  }

  private static Diagnosis.Cause awaitNamed(GroupMonitor monitor, int victim) throws IOException {
    long deadlineNs = System.nanoTime() + NAMED_WITHIN_NS;
    long circleNs = Long.MAX_VALUE;
    while (true) {
      var arrivals = Arrays.stream(monitor.arrivals()).boxed().toList();
      var diagnosis = Diagnosis.decide("dp", monitor.standings(), arrivals, System.nanoTime());
      var suspects = diagnosis.suspects();
      if (suspects.equals(List.of(victim))) {
        return diagnosis.cause();
      }
      long nowNs = System.nanoTime();
      boolean circle = diagnosis.cause() == Diagnosis.Cause.DEADLOCK && suspects.contains(victim);
      circleNs = circle ? Math.min(circleNs, nowNs) : Long.MAX_VALUE;
      if (circle && nowNs - circleNs > CIRCLE_NS) {
        return diagnosis.cause();
      }
      if (nowNs > deadlineNs) {
        throw new IOException(
            "the recorders do not name the dead: expected=%d actual=%s %s"
                .formatted(victim, diagnosis.suspects(), diagnosis.text()));
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  private void survivors(int kill, int victim, long revokeNs) throws IOException {
    for (int rank = 0; rank < plan.worldSize(); rank++) {
      if (rank == victim) {
        continue;
      }
      String[] words = hosts.all().get(rank).hear("left");
      long tookNs = Long.parseLong(words[2]) - revokeNs;
      returns.add(tookNs);
      if (tookNs > plan.boundNs()) {
        fault(kill, "rank %d returned after %.1f ms".formatted(rank, tookNs / 1e6));
      }
      if (Long.parseLong(words[3]) != committed) {
        fault(kill, "rank %d: committed=%d applied=%s".formatted(rank, committed, words[3]));
      }
      if (!words[4].equals("revoked")) {
        throw new IOException("rank " + rank + ": expected=revoked actual=" + words[4]);
      }
    }
  }

  private void checkDead(int kill, GroupMonitor monitor, int victim) {
    for (Recording recording : monitor.recordings(64)) {
      if (recording.rank() == victim) {
        recording.calls().stream()
            .filter(call -> call.endNs() > 0 && call.call().argument() > committed)
            .filter(call -> call.describe("").startsWith("agree"))
            .forEach(call -> fault(kill, "the dead returned from " + call + " of " + committed));
        RecordedCall last = recording.calls().getLast();
        calls.merge(last.unfinished() ? last.call().kind().verb() : "none", 1, Integer::sum);
      }
    }
  }

  private void closeSurvivors(int victim) throws IOException {
    for (int rank = 0; rank < plan.worldSize(); rank++) {
      if (rank != victim) {
        hosts.all().get(rank).order("close");
        hosts.all().get(rank).hear("closed");
      }
    }
  }

  private void replace(int victim) throws IOException {
    spare.hear("ready");
    hosts.replace(hosts.all().get(victim), spare);
    spare = hosts.start();
  }

  private List<String> left() throws IOException {
    try (var files = Files.list(directory)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  @Override
  public void close() throws IOException {
    spare.kill();
    hosts.close();
    SharedMemoryGroups.sweep(directory);
    Files.deleteIfExists(directory);
  }
}
