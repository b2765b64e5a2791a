package dev.muster.simulator.local;

import dev.muster.protocol.run.Recovery;
import dev.muster.simulator.cluster.Costs;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What things cost on one machine, medians of a run of its own; ms. Kept in a file, so that it can
 * be used for other runs.
 *
 * @param source which run it is from, and how busy the machine was, in words
 * @param stepMs a step that nothing disturbs, of processes whose code is compiled
 * @param coldMs from the death of a member until steps are warm again: the newcomer's code is not
 *     compiled, and the process that replaces the spare takes processor time to start
 * @param coldStepMs a step of that time
 * @param startMs from the launch of a process until it is ready
 * @param noticeMs from the death of a process to the notice of it
 * @param joinMs until a new group is connected, the journal and the orders included
 * @param restoreMs until every member holds the state
 * @param firstStepMs the first step of a new group
 * @param recoveries how many of them this is the median of
 */
public record MeasuredCosts(
    String source,
    double stepMs,
    double coldMs,
    double coldStepMs,
    double startMs,
    double noticeMs,
    double joinMs,
    double restoreMs,
    double firstStepMs,
    int recoveries) {
  /** The simulated world adds the journal's write and two messages by itself. */
  private static final double MODELLED_REGROUP_MS = 2.5;

  /**
   * @param startsMs of every worker that was started while others trained
   * @param crashes recoveries from killed workers
   */
  public static MeasuredCosts of(
      String source, double stepMs, ColdSteps cold, List<Double> startsMs, List<Recovery> crashes) {
    return new MeasuredCosts(
        source,
        stepMs,
        cold.ms(),
        cold.stepMs(),
        Percentiles.of(startsMs).at(50),
        median(crashes, Recovery::detectMs),
        median(crashes, Recovery::regroupMs),
        median(crashes, Recovery::stateMs),
        median(crashes, Recovery::firstStepMs),
        crashes.size());
  }

  private static double median(List<Recovery> of, ToDoubleFunction<Recovery> phase) {
    return Percentiles.of(of.stream().map(phase::applyAsDouble).toList()).at(50);
  }

  /** Share of their full speed at which groups step that are cold. */
  double coldSpeed() {
    return coldStepMs > stepMs ? stepMs / coldStepMs : 1;
  }

  /**
   * For the simulated world. It knows one kind of step: what the first one of a group takes longer
   * is counted as restoring the state.
   */
  public Costs costs() {
    double restore = restoreMs + Math.max(0, firstStepMs - Math.max(stepMs, coldStepMs));
    return new Costs(
        ns(stepMs),
        ns(startMs),
        ns(Math.max(0, joinMs - MODELLED_REGROUP_MS)),
        0,
        ns(restore),
        ns(noticeMs),
        0);
  }

  private static long ns(double ms) {
    return Math.max(1, Math.round(ms * 1e6));
  }
}
