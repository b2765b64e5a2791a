package dev.muster.simulator.local;

import dev.muster.protocol.run.Recovery;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What a drill was predicted to do on this machine beside what it did; {@code local.json}.
 *
 * @param busy load average when the real run began, and the number of cores
 * @param calibration where the prediction's costs are from; never the run that is compared
 * @param phases of recoveries, by cause
 * @param totals of the whole run
 * @param struck faults that struck the real processes
 * @param impossible lines of the drill that this place cannot do
 */
public record PredictedMeasured(
    String drill,
    long seed,
    double horizonSeconds,
    String busy,
    MeasuredCosts calibration,
    List<Phase> phases,
    List<Total> totals,
    List<String> struck,
    List<String> impossible) {

  /** What ended the group. */
  public enum Cause {
    CRASH,
    HANG,
    AGENT,
    MASTER;

    /** By the words of the core, which are the same in both worlds. */
    public static Cause of(Recovery recovery) {
      String text = recovery.cause();
      return text.contains(" hangs in step ")
          ? HANG
          : text.startsWith("master restarted") ? MASTER : text.startsWith("node ") ? AGENT : CRASH;
    }
  }

  /** One phase of the recoveries of one cause, ms; NaN when there was none. */
  public record Phase(Cause cause, String phase, Sample predicted, Sample measured) {}

  public record Sample(int count, double p50, double p90) {}

  /** One figure of the run. */
  public record Total(String name, double predicted, double measured) {}

  private record Column(String name, ToDoubleFunction<Recovery> of) {}

  /** The simulated world counts a slow first step as restoring, so these two are one. */
  private static final List<Column> COLUMNS =
      List.of(
          new Column("detect", Recovery::detectMs),
          new Column("decide and revoke", r -> r.decideMs() + r.revokeMs()),
          new Column("regroup", Recovery::regroupMs),
          new Column("state and first step", r -> r.stateMs() + r.firstStepMs()),
          new Column("total", Recovery::totalMs));

  public static PredictedMeasured of(
      String drill,
      long seed,
      String busy,
      MeasuredCosts costs,
      LocalPlan plan,
      Observed predicted,
      Observed measured) {
    return new PredictedMeasured(
        drill,
        seed,
        measured.horizonNs() / 1e9,
        busy,
        costs,
        phases(predicted, measured),
        totals(predicted, measured),
        measured.struck(),
        plan.impossible());
  }

  private static List<Phase> phases(Observed predicted, Observed measured) {
    var phases = new ArrayList<Phase>();
    for (var cause : Cause.values()) {
      var left = only(cause, predicted);
      var right = only(cause, measured);
      if (!left.isEmpty() || !right.isEmpty()) {
        for (var column : COLUMNS) {
          phases.add(
              new Phase(cause, column.name, sample(left, column.of), sample(right, column.of)));
        }
      }
    }
    return phases;
  }

  private static List<Recovery> only(Cause cause, Observed of) {
    return of.recoveries().stream().filter(r -> Cause.of(r) == cause).toList();
  }

  private static Sample sample(List<Recovery> of, ToDoubleFunction<Recovery> figure) {
    var values = Percentiles.of(of.stream().map(figure::applyAsDouble).toList());
    return new Sample(of.size(), values.at(50), values.at(90));
  }

  private static List<Total> totals(Observed predicted, Observed measured) {
    return List.of(
        new Total("recoveries", predicted.recoveries().size(), measured.recoveries().size()),
        new Total("generations", predicted.generations(), measured.generations()),
        new Total("steps", predicted.steps(), measured.steps()),
        new Total("steps redone", predicted.stepsRedone(), measured.stepsRedone()),
        new Total("undisturbed step, ms", predicted.stepNs() / 1e6, measured.stepNs() / 1e6),
        new Total("goodput", predicted.goodput(), measured.goodput()));
  }
}
