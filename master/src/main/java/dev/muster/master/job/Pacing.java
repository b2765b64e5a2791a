package dev.muster.master.job;

import dev.muster.master.checkpoint.Cadence;
import dev.muster.master.checkpoint.Interval.Tier;
import dev.muster.master.checkpoint.RoundCosts;
import dev.muster.protocol.core.Effects;

/**
 * Measures the rounds of one tier and chooses the time between them. All it looks at comes from
 * events of the journal, so a replay chooses the same.
 */
final class Pacing {
  private final JobState state;
  private final String name;
  private final Tier tier;
  private RoundCosts costs = RoundCosts.NONE;
  private Cadence cadence = Cadence.NONE;
  private Cadence noted = Cadence.NONE;
  private boolean open; // a stretch is being measured
  private long sinceNs;
  private long sinceStep;

  Pacing(JobState state, String name, Tier tier) {
    this.state = state;
    this.name = name;
    this.tier = tier;
  }

  /** From here on steps are made without a round. */
  void start(Effects<JobEvent> fx) {
    open = true;
    mark(fx);
  }

  private void mark(Effects<JobEvent> fx) {
    sinceNs = fx.nowNs();
    sinceStep = state.committedStep;
  }

  /** What has begun is not measured to its end. */
  void stop() {
    open = false;
  }

  void roundBegins(Effects<JobEvent> fx) {
    if (open) {
      costs = costs.outside(fx.nowNs() - sinceNs, state.committedStep - sinceStep);
    }
    start(fx);
  }

  /**
   * @param step that was ordered
   */
  void roundArrived(long step, Effects<JobEvent> fx) {
    if (open) {
      costs = costs.inside(fx.nowNs() - sinceNs, state.committedStep - sinceStep, step - sinceStep);
    }
    start(fx);
  }

  /** Until the next round, from the beginning of the former; noted when it is another one. */
  long chosenNs(Effects<JobEvent> fx) {
    cadence =
        Cadence.decide(
            tier, costs, state.restartNs(), state.exposure.rate(tier, fx.nowNs()), cadence);
    if (cadence.differs(noted)) {
      noted = cadence;
      fx.note(
          name + ".interval",
          "%s: a round every %.0f s: %s"
              .formatted(name, cadence.intervalNs() / 1e9, cadence.reason()));
    }
    return cadence.intervalNs();
  }
}
