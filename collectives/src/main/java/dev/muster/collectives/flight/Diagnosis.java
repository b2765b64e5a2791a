package dev.muster.collectives.flight;

import dev.muster.collectives.Call;
import dev.muster.collectives.RankList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Who keeps a group from going on, told from where its ranks are. Pure.
 *
 * <ol>
 *   <li>Ranks that called different collectives under one number: the smaller side is suspect, both
 *       when they are as many.
 *   <li>Who others wait for, perhaps over ranks that wait in messages, and who waits for nobody.
 *   <li>A circle of ranks that wait for one another: all of it.
 *   <li>All are in the same collective: those that passed the fewest of its meetings.
 * </ol>
 *
 * Of a rank of another host only what its leader told last is known: it is suspect only if that is
 * newer than the calls of the ranks that wait for it.
 *
 * <p>A group that works shows the same pictures for moments: ask only about one that does not go
 * on.
 *
 * @param suspects ascending; empty when nothing is wrong or nothing can be told
 * @param text for people; empty for {@link Cause#NONE}
 */
public record Diagnosis(Cause cause, List<Integer> suspects, String text) {
  /** What is wrong. */
  public enum Cause {
    NONE,
    DIFFERENT_CALLS,
    NOT_ARRIVED,
    DEADLOCK,
    BEHIND,
    /** Some wait, perhaps for ranks of other hosts, which have not been heard since. */
    NOT_HEARD
  }

  private static final int TOLD_MAX = 4; // ranks whose last call is told
  private static final Diagnosis NONE = new Diagnosis(Cause.NONE, List.of(), "");

  /**
   * @param ranks of the whole group, in rank order
   * @param arrivals synchronisation points by rank, negative of ranks of other hosts; empty when
   *     unknown
   * @param nowNs on the clock of the recorders
   */
  public static Diagnosis decide(
      String group, List<Standing> ranks, List<Long> arrivals, long nowNs) {
    var view = new View(group, ranks, nowNs, new WaitGraph(ranks));
    Map<Call, List<Integer>> calls = view.callsAtFront();
    if (calls.size() > 1) {
      return view.different(calls);
    }
    if (view.graph.waiting().isEmpty()) {
      return view.behind(arrivals);
    }
    var ends = view.graph.ends();
    if (ends.isEmpty()) {
      return view.deadlock();
    }
    var late = ends.stream().filter(view.graph::seenLate).toList();
    return late.isEmpty() ? view.notHeard(ends) : view.notArrived(late);
  }

  private record View(String group, List<Standing> ranks, long nowNs, WaitGraph graph) {

    private long front() {
      return ranks.stream().mapToLong(Standing::reached).max().orElse(0);
    }

    private List<Integer> atFront() {
      return all().filter(r -> front() > 0 && ranks.get(r).reached() == front()).boxed().toList();
    }

    private IntStream all() {
      return IntStream.range(0, ranks.size());
    }

    /** Ranks by what they called under the newest number. */
    Map<Call, List<Integer>> callsAtFront() {
      return atFront().stream()
          .collect(
              Collectors.groupingBy(
                  r -> ranks.get(r).collective().call(), LinkedHashMap::new, Collectors.toList()));
    }

    Diagnosis different(Map<Call, List<Integer>> calls) {
      int most = calls.values().stream().mapToInt(List::size).max().orElseThrow();
      boolean tie = calls.values().stream().filter(side -> side.size() == most).count() > 1;
      var suspects =
          calls.values().stream()
              .filter(side -> tie || side.size() < most)
              .flatMap(List::stream)
              .sorted()
              .toList();
      var sides = new ArrayList<String>();
      calls.forEach((call, side) -> sides.add(RankList.of(side) + " called " + call));
      return new Diagnosis(
          Cause.DIFFERENT_CALLS,
          suspects,
          "call #" + front() + " of " + group + " differs: " + String.join("; ", sides));
    }

    Diagnosis behind(List<Long> arrivals) {
      boolean together =
          !ranks.isEmpty()
              && arrivals.size() == ranks.size()
              && ranks.stream().allMatch(s -> s.inside() && s.reached() == front());
      if (!together) {
        return NONE;
      }
      long most = arrivals.stream().mapToLong(Long::longValue).max().orElse(0);
      long fewest = arrivals.stream().mapToLong(Long::longValue).min().orElse(0);
      if (most == fewest || fewest < 0) {
        return NONE;
      }
      var late = all().filter(r -> arrivals.get(r) == fewest).boxed().toList();
      return new Diagnosis(
          Cause.BEHIND,
          late,
          "all ranks are in %s; %s passed %d fewer of its meetings than the first"
              .formatted(
                  ranks.getFirst().collective().describe(group), RankList.of(late), most - fewest));
    }

    Diagnosis deadlock() {
      var circle = graph.circles();
      return new Diagnosis(
          Cause.DEADLOCK, circle, RankList.of(circle) + " wait for one another" + each(circle));
    }

    Diagnosis notArrived(List<Integer> ends) {
      var inFront =
          atFront().stream()
              .filter(r -> graph.waiting().contains(r) && !ranks.get(r).newest().message())
              .toList();
      var others = graph.waiting().stream().filter(r -> !inFront.contains(r)).toList();
      String missed = inFront.isEmpty() ? " did not answer" : missed(inFront);
      return new Diagnosis(
          Cause.NOT_ARRIVED, ends, RankList.of(ends) + missed + each(others) + lasts(ends));
    }

    Diagnosis notHeard(List<Integer> ends) {
      var waiting = graph.waiting();
      return new Diagnosis(
          Cause.NOT_HEARD,
          List.of(),
          "%s of other hosts %s not been heard since %s %s to wait%s"
              .formatted(
                  RankList.of(ends),
                  ends.size() == 1 ? "has" : "have",
                  RankList.of(waiting),
                  waiting.size() == 1 ? "has begun" : "have begun",
                  each(waiting)));
    }

    private String missed(List<Integer> inFront) {
      return " did not arrive at %s; %s %s in it since %s"
          .formatted(
              ranks.get(inFront.getFirst()).collective().describe(group),
              RankList.of(inFront),
              inFront.size() == 1 ? "waits" : "wait",
              seconds(nowNs - firstStart(inFront)));
    }

    private long firstStart(List<Integer> of) {
      return of.stream().mapToLong(r -> ranks.get(r).collective().startNs()).min().orElse(nowNs);
    }

    private String each(List<Integer> of) {
      return of.stream()
          .limit(TOLD_MAX)
          .map(r -> "; rank " + r + " waits in " + since(ranks.get(r).newest()))
          .collect(Collectors.joining());
    }

    private String lasts(List<Integer> of) {
      return of.stream()
          .limit(TOLD_MAX)
          .map(r -> "; " + (of.size() == 1 ? "its" : "rank " + r + "'s") + last(ranks.get(r)))
          .collect(Collectors.joining());
    }

    private String last(Standing standing) {
      if (!standing.known()) {
        return " calls are not known: it has not joined, or runs on another host";
      }
      return standing.newest() == null
          ? " first call has not come" + heard(standing)
          : last(standing, standing.newest()) + heard(standing);
    }

    private String heard(Standing standing) {
      return standing.here()
          ? ""
          : " (on another host, which told it " + seconds(nowNs - standing.seenNs()) + " ago)";
    }

    private String last(Standing standing, RecordedCall newest) {
      return standing.inside()
          ? " call goes on: " + since(newest)
          : " last was %s, ended %s ago"
              .formatted(newest.describe(group), seconds(nowNs - newest.endNs()));
    }

    private String since(RecordedCall call) {
      return call.describe(group) + " since " + seconds(nowNs - call.startNs());
    }

    private static String seconds(long ns) {
      return ns < 10_000_000
          ? String.format(Locale.ROOT, "%.3f ms", ns / 1e6)
          : String.format(Locale.ROOT, "%.1f s", ns / 1e9);
    }
  }
}
