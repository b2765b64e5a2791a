package dev.muster.cli.local;

import dev.muster.cli.UserError;
import dev.muster.cli.bench.BenchRun;
import dev.muster.cli.process.Interrupts;
import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.EventTail;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Recovery;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFolder;
import dev.muster.simulator.local.LocalFault;
import dev.muster.simulator.local.LocalPlan;
import dev.muster.simulator.local.Observed;
import dev.muster.simulator.local.Recoveries;
import dev.muster.simulator.local.StepTimes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** One run of real processes that meets a plan of faults. One thread. */
final class RealRun {
  private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long START_MILLIS = TimeUnit.MINUTES.toMillis(3);
  private static final long SETTLE_MILLIS = TimeUnit.MINUTES.toMillis(1);
  private static final long QUIET_MILLIS = 3_500;
  private static final long FELT_MILLIS = 10_000;
  private static final long STOP_NS = TimeUnit.MINUTES.toNanos(2);
  private static final Pattern PID = Pattern.compile("pid (\\d+)\\)");

  private final Striker striker;
  private final EventTail tail;
  private final List<Event> events = new ArrayList<>();
  private final List<Progress> snapshots = new ArrayList<>();
  private final PriorityQueue<Act> acts =
      new PriorityQueue<>(Comparator.comparingLong(Act::atMillis));
  private final List<String> struck = new ArrayList<>();
  private final Consumer<String> say;
  private BenchRun run;
  private boolean masterDown;
  private final List<Long> struckAtMillis = new ArrayList<>();
  private boolean training;
  private long settledMillis;
  private long fromMillis;
  private Result result;

  /** Something to do at a time. */
  private record Act(long atMillis, Deed deed) {}

  @FunctionalInterface
  private interface Deed {
    void happen() throws IOException, InterruptedException;
  }

  private RealRun(BenchRun run, Site site, Consumer<String> say) {
    this.run = run;
    this.say = say;
    striker = new Striker(run.folder(), site.slots());
    tail = new EventTail(run.folder().events());
  }

  /**
   * Starts a run, strikes it, and stops it at the horizon, which counts from the moment when its
   * steps have settled: before, processes that are all cold step several times slower.
   *
   * @param folder new
   * @throws UserError it did not begin, or ended by itself
   */
  static RealRun play(Path folder, Site site, LocalPlan plan, long horizonNs, Consumer<String> say)
      throws IOException, InterruptedException {
    var real = new RealRun(BenchRun.start(folder, site.flags()), site, say);
    try {
      real.awaitTraining();
      real.settle();
      plan.faults().forEach(fault -> real.schedule(fault.atNs(), () -> real.strike(fault)));
      real.follow(horizonNs);
      real.end();
      return real;
    } finally {
      real.striker.thaw();
      real.run.kill();
    }
  }

  private void schedule(long afterNs, Deed deed) {
    acts.add(new Act(fromMillis + afterNs / 1_000_000, deed));
  }

  private void awaitTraining() throws IOException, InterruptedException {
    var pause = Interrupts.none();
    long deadline = System.currentTimeMillis() + START_MILLIS;
    while (!training) {
      if (!run.alive() || System.currentTimeMillis() > deadline) {
        throw failed("the run does not begin to train");
      }
      pause.await(POLL_NS);
      look();
    }
  }

  /** On a machine that is too busy for steps of one length, the time begins all the same. */
  private void settle() throws IOException, InterruptedException {
    var pause = Interrupts.none();
    long begin = System.currentTimeMillis();
    long deadline = begin + SETTLE_MILLIS;
    while (!StepTimes.of(snapshots).settled() && System.currentTimeMillis() < deadline) {
      if (!run.alive()) {
        throw failed("the run ended by itself");
      }
      pause.await(POLL_NS);
      look();
    }
    fromMillis = System.currentTimeMillis();
    settledMillis = fromMillis - QUIET_MILLIS;
    say.accept(
        String.format(
            Locale.ROOT,
            "%s after %.1f s of training: %.1f ms a step",
            fromMillis < deadline ? "steps have settled" : "steps do not settle",
            (fromMillis - begin) / 1e3,
            StepTimes.of(snapshots).between(settledMillis, fromMillis).meanMs()));
  }

  private void look() throws IOException {
    for (var event : tail.poll()) {
      events.add(event);
      training |= event.topic().equals("job.detail") && event.text().equals("training");
    }
    var progress = run.progress();
    if (snapshots.isEmpty()
        || progress.updatedEpochMillis() != snapshots.getLast().updatedEpochMillis()) {
      snapshots.add(progress);
    }
  }

  private void follow(long horizonNs) throws IOException, InterruptedException {
    var pause = Interrupts.none();
    long endMillis = fromMillis + horizonNs / 1_000_000;
    for (long now = fromMillis; now < endMillis; now = System.currentTimeMillis()) {
      while (!acts.isEmpty() && acts.peek().atMillis() <= now) {
        acts.poll().deed().happen();
      }
      if (!run.alive() && !masterDown) {
        throw failed("the run ended by itself");
      }
      look();
      pause.await(POLL_NS);
    }
  }

  private void strike(LocalFault fault) throws IOException, InterruptedException {
    var victim = striker.strike(fault);
    long now = System.currentTimeMillis();
    struckAtMillis.add(now);
    String what =
        String.format(Locale.ROOT, "%.1f s %s: ", (now - fromMillis) / 1e3, fault)
            + victim.orElse("nothing there to strike");
    struck.add(what);
    say.accept(what);
    if (victim.isPresent()) {
      long endNs = TimeUnit.MILLISECONDS.toNanos(now - fromMillis) + fault.forNs();
      switch (fault.verb()) {
        case AGENT_KILL -> schedule(endNs, () -> striker.startAgent(fault.agent()));
        case AGENT_PAUSE, MASTER_PAUSE -> schedule(endNs, striker::thaw);
        case MASTER_KILL -> {
          masterDown = true;
          schedule(endNs, this::resume);
        }
        case CRASH, MEMBER_CRASH, HANG -> {}
      }
    }
  }

  private void resume() throws IOException, InterruptedException {
    while (run.alive()) { // it notices within moments that its master is gone
      Interrupts.none().await(POLL_NS);
    }
    run = BenchRun.resume(run.folder().root());
    masterDown = false;
  }

  private void end() throws IOException, InterruptedException {
    striker.thaw();
    if (masterDown) {
      resume();
    }
    run.stop();
    result = run.await(STOP_NS).orElseThrow(() -> failed("no result"));
    look();
  }

  private UserError failed(String what) {
    return UserError.broken(what + "; see log=" + run.log() + " folder=" + run.folder().root());
  }

  RunFolder folder() {
    return run.folder();
  }

  /** Snapshots of the master, oldest first. */
  List<Progress> snapshots() {
    return snapshots;
  }

  /** When faults struck, also those that found nothing. */
  List<Long> struckAtMillis() {
    return struckAtMillis;
  }

  long fromMillis() {
    return fromMillis;
  }

  Observed observed(long horizonNs) {
    var recoveries = result.recoveries().stream().map(this::fromTheKill).toList();
    long redone = recoveries.stream().mapToLong(Recovery::stepsRedone).sum();
    long steps = steps(horizonNs);
    return new Observed(
        steps,
        redone,
        result.generations(),
        horizonNs,
        Observed.undisturbedNs(calm(horizonNs).meanMs(), steps, horizonNs),
        recoveries,
        struck);
  }

  private long steps(long horizonNs) {
    long endMillis = fromMillis + horizonNs / 1_000_000;
    double steps = StepTimes.stepAt(snapshots, endMillis) - StepTimes.stepAt(snapshots, fromMillis);
    return (long) Math.max(0, steps);
  }

  /** From just before the time began, and whatever was far enough from all faults. */
  private StepTimes calm(long horizonNs) {
    return StepTimes.of(snapshots)
        .between(settledMillis, fromMillis + horizonNs / 1_000_000)
        .calm(struckAtMillis, FELT_MILLIS);
  }

  /** The agent does not know when a worker was killed from outside; we do, to the millisecond. */
  private Recovery fromTheKill(Recovery recovery) {
    var pid = PID.matcher(recovery.cause());
    if (!pid.find()) {
      return recovery;
    }
    var noticed = exitsMillis().get(Long.valueOf(pid.group(1)));
    var killed = striker.killedAtMillis().get(Long.valueOf(pid.group(1)));
    return noticed == null || killed == null
        ? recovery
        : Recoveries.detectedAfter(recovery, noticed - killed);
  }

  private Map<Long, Long> exitsMillis() {
    var exits = new HashMap<Long, Long>();
    for (var event : events) {
      var pid = PID.matcher(event.text());
      if (event.topic().equals("worker.exited") && pid.find()) {
        exits.putIfAbsent(Long.valueOf(pid.group(1)), event.atEpochMillis());
      }
    }
    return exits;
  }
}
