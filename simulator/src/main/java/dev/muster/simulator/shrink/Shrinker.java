package dev.muster.simulator.shrink;

import dev.muster.simulator.drill.Drill;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.HostKind;
import dev.muster.simulator.drill.Outcome;
import dev.muster.simulator.drill.Verdict;
import dev.muster.simulator.fault.Fault;
import dev.muster.simulator.fault.Plan;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/**
 * Shrinks the plan of a failing run: first the rare ways that cores took, its faults, then the
 * nodes of each, then the time after the last of them. Needs nothing but that the same plan gives
 * the same run.
 */
public final class Shrinker {
  private static final long TAIL_NS = 1_000_000_000L; // a shorter one is not worth a run

  private final BiFunction<Drill, Plan, Outcome> play;
  private final Predicate<Outcome> fails;
  private int runs;

  /**
   * @param fails what of a run is the failure that is looked for
   */
  Shrinker(BiFunction<Drill, Plan, Outcome> play, Predicate<Outcome> fails) {
    this.play = play;
    this.fails = fails;
  }

  /**
   * @param drill with a horizon that is long enough, and no longer
   * @param plan fails in it
   * @param runs played to find it
   */
  public record Shrunk(Drill drill, Plan plan, int runs) {}

  /** Of a broken invariant if there is one, otherwise of an expectation that is not met. */
  public static Shrunk shrink(Drill drill, Outcome failing) {
    boolean invariant = broken(failing);
    var played = invariant ? drill.stoppingAtViolation() : drill;
    return of(played, invariant).shrink(played, failing.played(), invariant);
  }

  /** The faults alone, and no further than to so many: fewer runs than {@link #shrink}. */
  public static Plan atMost(int faults, Drill drill, Outcome failing) {
    boolean invariant = broken(failing);
    var played = invariant ? drill.stoppingAtViolation() : drill;
    var plan = failing.played();
    var shrinker = of(played, invariant);
    return plan.with(
        DeltaDebugging.atMost(
            faults, plan.faults(), some -> shrinker.fails(played, plan.with(some))));
  }

  private static boolean broken(Outcome failing) {
    return !failing.violations().isEmpty();
  }

  private static Shrinker of(Drill played, boolean invariant) {
    Predicate<Outcome> fails =
        outcome -> invariant ? broken(outcome) : Verdict.of(played, outcome).violated();
    return new Shrinker((d, p) -> DrillRun.replay(d, p, HostKind.CORE), fails);
  }

  /**
   * @param shorter whether the run may end earlier: an expectation belongs to its horizon
   */
  Shrunk shrink(Drill drill, Plan plan, boolean shorter) {
    var points =
        DeltaDebugging.minimal(
            List.copyOf(plan.buggified()), some -> fails(drill, plan.buggified(some)));
    var fewer = plan.buggified(points);
    var faults = DeltaDebugging.minimal(plan.faults(), some -> fails(drill, fewer.with(some)));
    faults = DeltaDebugging.minimal(apart(faults), some -> fails(drill, fewer.with(some)));
    var small = fewer.with(faults);
    return new Shrunk(shorter ? shortened(drill, small) : drill, small, runs);
  }

  /** One fault for each node: of a rack that fails, two hosts may be enough. */
  private static List<Fault> apart(List<Fault> faults) {
    return faults.stream()
        .flatMap(fault ->
            fault.nodes().size() < 2
                ? java.util.stream.Stream.of(fault)
                : fault.nodes().stream().map(node -> fault.withNodes(List.of(node))))
        .toList();
  }

  /** The shortest horizon that still fails, to the second. */
  private Drill shortened(Drill drill, Plan plan) {
    long passes = plan.faults().isEmpty() ? 0 : plan.faults().getLast().atNs();
    long failing = drill.horizonNs();
    while (failing - passes > TAIL_NS) {
      long middle = passes + (failing - passes) / 2;
      if (fails(drill.resized(drill.fleet(), middle), plan)) {
        failing = middle;
      } else {
        passes = middle;
      }
    }
    return drill.resized(drill.fleet(), failing);
  }

  private boolean fails(Drill drill, Plan plan) {
    runs++;
    return fails.test(play.apply(drill, plan));
  }
}
