package dev.muster.cli.kills;

import dev.muster.protocol.run.Recovery;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What a {@link Campaign} came to, and in words. Pure. */
public final class CampaignResult {
  private final Campaign.Plan plan;
  private final List<Strike> strikes;
  private final List<Watch.Group> groups;
  private final Result result;
  private final List<String> verified;
  private final List<String> stale;

  CampaignResult(
      Campaign.Plan plan,
      List<Strike> strikes,
      List<Watch.Group> groups,
      Result result,
      List<String> verified,
      List<String> stale) {
    this.plan = plan;
    this.strikes = List.copyOf(strikes);
    this.groups = List.copyOf(groups);
    this.result = result;
    this.verified = List.copyOf(verified);
    this.stale = List.copyOf(stale);
  }

  public int kills() {
    return strikes.size();
  }

  /** What must not be, one sentence each; empty when all is well. */
  public List<String> faults() {
    var faults = new ArrayList<String>();
    if (result.state() != RunState.CANCELLED) {
      faults.add("the run ended by itself: " + result.reason());
    }
    if (result.samples() == null || !result.samples().exactlyOnce()) {
      faults.add("samples were not used exactly once: " + result.samples());
    }
    faults.addAll(unverified());
    stale.forEach(s -> faults.add("older than there was: " + s));
    return faults;
  }

  /** Groups that have made a step although not all of their ranks had verified their states. */
  private List<String> unverified() {
    var counts = new TreeMap<Long, Integer>();
    for (var line : verified) {
      counts.merge(generation(line), 1, Integer::sum);
    }
    return result.recoveries().stream()
        .filter(r -> counts.getOrDefault(r.generation(), 0) != plan.workers())
        .map(r ->
            "generation %d: %d of %d ranks verified their state"
                .formatted(r.generation(), counts.getOrDefault(r.generation(), 0), plan.workers()))
        .toList();
  }

  private static long generation(String line) {
    return Long.parseLong(line.replaceAll(".*generation=(\\d+) .*", "$1"));
  }

  public List<String> lines() {
    var lines = new ArrayList<String>();
    int processes = strikes.stream().mapToInt(Strike::processes).sum();
    lines.add(
        "%d kills, %d processes got a SIGKILL; %d groups formed, %d recoveries"
            .formatted(strikes.size(), processes, groups.size(), result.recoveries().size()));
    lines.addAll(moments());
    lines.add(count("a victim's phase", strikes, Strike::phase));
    lines.addAll(sources());
    long bytes =
        verified.stream().mapToLong(l -> Long.parseLong(l.replaceAll(".*bytes=", ""))).sum();
    lines.add(
        "states verified after a start or a restore: %d, %.1f GiB; samples: %s"
            .formatted(verified.size(), bytes / (double) (1 << 30), result.samples()));
    var faults = faults();
    lines.add(faults.isEmpty() ? "no fault" : faults.size() + " FAULTS");
    lines.addAll(faults);
    return lines;
  }

  private List<String> moments() {
    var lines = new ArrayList<String>();
    lines.add("moment      kills  met  processes");
    for (var moment : Moment.values()) {
      var some = strikes.stream().filter(s -> s.meant() == moment).toList();
      lines.add(
          "%-10s %6d %4d %10d"
              .formatted(
                  moment.word(),
                  some.size(),
                  some.stream().filter(Strike::met).count(),
                  some.stream().mapToInt(Strike::processes).sum()));
    }
    return lines;
  }

  private static <T> String count(String what, List<T> some, Function<T, String> by) {
    return what
        + ": "
        + some.stream().collect(Collectors.groupingBy(by, TreeMap::new, Collectors.counting()));
  }

  private List<String> sources() {
    var lines = new ArrayList<String>();
    lines.add("state from   groups  recoveries  p50 ms  p99 ms  state p50 ms  redone max  mean");
    for (var source : Watch.Source.values()) {
      var some = groups.stream().filter(g -> g.source() == source && g.generation() > 1).toList();
      if (!some.isEmpty()) {
        lines.add(row(source, some));
      }
    }
    return lines;
  }

  private String row(Watch.Source source, List<Watch.Group> some) {
    var generations = some.stream().map(Watch.Group::generation).collect(Collectors.toSet());
    var recoveries =
        result.recoveries().stream().filter(r -> generations.contains(r.generation())).toList();
    var lost = some.stream().mapToLong(Watch.Group::lostSteps).summaryStatistics();
    return String.format(
        Locale.ROOT,
        "%-12s %6d %11d %7.0f %7.0f %13.0f %11d %5.1f",
        source.name().toLowerCase(Locale.ROOT).replace('_', ' '),
        some.size(),
        recoveries.size(),
        at(recoveries.stream().mapToDouble(Recovery::totalMs).toArray(), 50),
        at(recoveries.stream().mapToDouble(Recovery::totalMs).toArray(), 99),
        at(recoveries.stream().mapToDouble(Recovery::stateMs).toArray(), 50),
        lost.getMax(),
        lost.getAverage());
  }

  /** Nearest rank. */
  private static double at(double[] values, int percent) {
    Arrays.sort(values);
    return values.length == 0
        ? Double.NaN
        : values[Math.max(0, (int) Math.ceil(percent / 100.0 * values.length) - 1)];
  }
}
