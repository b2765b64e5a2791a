package dev.muster.cli;

import dev.muster.cli.process.Interrupts;
import dev.muster.protocol.core.Buggify;
import dev.muster.simulator.data.MembershipHistory;
import dev.muster.simulator.drill.BothWays;
import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.RandomCheckpoints;
import dev.muster.simulator.drill.RandomDrill;
import dev.muster.simulator.drill.Verdict;
import dev.muster.simulator.fault.Plan;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster bench seeds}. */
@Command(
    name = "seeds",
    description = "Plays random drills until the time is over, or Ctrl-C.",
    footer = {
      "",
      "Each seed draws its own fleet, job, policy, faults and rare ways that the cores take; its",
      "last minutes are without faults, and the healthy part must go on. Exit code 0 when no",
      "invariant broke, 1 otherwise.",
      "",
      "Examples:",
      "  muster bench seeds --hours 8",
      "  muster bench seeds --checkpoints --count 10000        small fleets that save their state",
      "  muster bench seeds --samples --count 1000             and which samples they use",
      "  muster bench seeds --both-ways --count 500            beats computed, and each one played",
      "  muster bench seeds --from 4711 --count 1 --verbose    one seed again, with its drill"
    })
final class SeedsCommand implements Callable<Integer> {
  private static final double HOUR_NS = 3600e9;
  private static final long PROGRESS_NS = 60_000_000_000L;
  private static final long SEED_NS_MAX = 600_000_000_000L;
  private static final long POLL_NS = 2_000_000L;

  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(names = "--hours", paramLabel = "H", description = "How long. Default: 1.")
  private double hours = 1;

  @Option(names = "--from", paramLabel = "SEED", description = "The first. Default: 1.")
  private long from = 1;

  @Option(names = "--count", paramLabel = "N", description = "At most so many. Default: no limit.")
  private long count = Long.MAX_VALUE;

  @Option(
      names = "--checkpoints",
      description =
          "Of jobs that make checkpoints, on small fleets where all that holds them dies.")
  private boolean checkpoints;

  @Option(
      names = "--samples",
      description =
          "Of such jobs, with members that come and go: is each sample used once per epoch, in the"
              + " order of seed and journal?")
  private boolean samples;

  @Option(
      names = "--both-ways",
      description =
          "Each seed twice: with the beats and looks computed of which nothing can come, as always,"
              + " and with each one played. Does the master tell the same at the same nanosecond?")
  private boolean bothWays;

  @Option(names = "--verbose", description = "Show each drill and what struck.")
  private boolean verbose;

  private long startNs;
  private long played;
  private volatile long failed;
  private volatile String sums = "";
  private long lines; // told and compared; of the player's thread
  private MembershipHistory.Sum histories = MembershipHistory.Sum.NONE; // of the player's thread
  private final Map<Buggify, Long> taken = new ConcurrentSkipListMap<>(); // of the player's thread

  @Override
  public Integer call() throws InterruptedException {
    if (Stream.of(samples, checkpoints, bothWays).filter(mode -> mode).count() > 1) {
      throw UserError.usage("--samples, --checkpoints and --both-ways: give one of them");
    }
    var interrupts = Interrupts.install();
    var out = spec.commandLine().getOut();
    startNs = System.nanoTime();
    long toldNs = startNs;
    boolean stopped = false;
    while (!stopped && played < count && hoursSo() < hours) {
      stopped = watch(from + played, interrupts, out);
      if (System.nanoTime() - toldNs > PROGRESS_NS) {
        toldNs = System.nanoTime();
        summary("so far", out);
      }
    }
    summary(stopped ? "stopped" : "done", out);
    taken.forEach((point, times) -> out.println("taken " + point.text() + " x " + times));
    return failed == 0 ? ExitCodes.SUCCESS : ExitCodes.FAILED;
  }

  /** Plays a seed on a thread of its own, so that one without an end is told; true: stop now. */
  private boolean watch(long seed, Interrupts interrupts, PrintWriter out)
      throws InterruptedException {
    var player = Thread.ofPlatform().daemon().start(() -> play(seed, out));
    long deadlineNs = System.nanoTime() + SEED_NS_MAX;
    while (player.isAlive()) {
      if (interrupts.await(POLL_NS) != 0) {
        return true; // this seed does not count
      }
      if (System.nanoTime() > deadlineNs) {
        failure(seed, "has not ended after ten minutes; nothing further is played", out);
        return true;
      }
    }
    played++;
    return interrupts.await(0) != 0;
  }

  private double hoursSo() {
    return (System.nanoTime() - startNs) / HOUR_NS;
  }

  private void play(long seed, PrintWriter out) {
    if (verbose) {
      out.print(text(seed));
    }
    try {
      if (samples) {
        playSamples(seed, out);
        return;
      }
      if (bothWays) {
        playBothWays(seed, out);
        return;
      }
      var drill = DrillReader.parse(text(seed));
      var outcome = DrillRun.play(drill, seed);
      if (verbose) {
        outcome.told().forEach(out::println);
        outcome.buggified().forEach((point, times) -> out.println(point.text() + " x " + times));
        out.printf(
            Locale.ROOT, "trace %016x goodput %.4f%n", outcome.traceHash(), outcome.goodput());
      }
      outcome.buggified().forEach((point, times) -> taken.merge(point, times, Long::sum));
      var verdict = Verdict.of(drill, outcome);
      if (verdict.violated()) {
        failure(seed, verdict.broken().getFirst(), out);
      }
    } catch (RuntimeException e) { // a core that throws is a finding like any other
      failure(seed, e.toString(), out);
    }
  }

  private void playSamples(long seed, PrintWriter out) {
    var history = MembershipHistory.of(seed);
    if (verbose) {
      out.println(history.text());
    }
    histories = histories.plus(history);
    sums = histories.text();
    if (!history.findings().isEmpty()) {
      failure(seed, history.findings().getFirst(), out);
    }
  }

  private void playBothWays(long seed, PrintWriter out) {
    var told = BothWays.of(DrillReader.parse(text(seed)), seed);
    if (verbose) {
      told.played().forEach(out::println);
    }
    lines += told.played().size();
    sums = "lines that the master told, the same both ways unless a seed failed: " + lines;
    if (!told.same()) {
      failure(seed, told.difference(), out);
    }
  }

  private String text(long seed) {
    if (samples) {
      return MembershipHistory.drill(seed);
    }
    return checkpoints ? RandomCheckpoints.text(seed) : RandomDrill.text(seed);
  }

  private void failure(long seed, String what, PrintWriter out) {
    failed++;
    out.println("seed " + seed + ": " + what);
    out.printf(
        "replay: ./muster bench seeds %s--from %d --count 1 --verbose   # build %s, format %d%n",
        mode(), seed, Version.text(), Plan.FORMAT);
    out.flush();
  }

  private String mode() {
    if (samples) {
      return "--samples ";
    }
    if (bothWays) {
      return "--both-ways ";
    }
    return checkpoints ? "--checkpoints " : "";
  }

  private void summary(String word, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%s: seeds=%d failed=%d in %.2f h, %.0f seeds/h; next seed %d%n",
        word,
        played,
        failed,
        hoursSo(),
        played / Math.max(hoursSo(), 1e-9),
        from + played);
    if (!sums.isEmpty()) {
      out.println(sums);
    }
    out.flush();
  }
}
