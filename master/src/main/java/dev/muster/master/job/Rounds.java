package dev.muster.master.job;

import dev.muster.master.checkpoint.Interval.Tier;
import dev.muster.protocol.Generation;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToMaster;
import java.util.OptionalLong;

/**
 * One snapshot after the other on its way from all nodes of the group to one medium: a step that is
 * still to come is named, each node sends its shards of it. No round begins before the one before
 * has ended, so the newest step that all have sent is never given up for one that only some have.
 *
 * <pre>
 *   idle     due                      ordered    every node: send step s
 *   ordered  a node is past s         ordered    a step twice as far ahead
 *   ordered  all have sent            idle       the port goes on
 *   ordered  a problem, or the end of the group   idle   with the next one due
 * </pre>
 */
final class Rounds {
  /** What differs between the media. */
  interface Port {
    /** In words and as the key of the timer. */
    String name();

    /** Between two rounds; 0: there are none; {@link JobSpec.Checkpoint#AUTO}: as measured. */
    long intervalNs();

    Tier tier();

    JobEvent due();

    void order(Generation generation, long step, Effects<JobEvent> fx);

    /** All nodes have sent the step; {@link Rounds#end} ends the round. */
    void sent(Round round, Effects<JobEvent> fx);
  }

  /** What the master knows of the steps is at most a few beats old. */
  private static final int BEATS_AHEAD = 4;

  /**
   * @param marginSteps how far ahead of the newest known step it was named
   */
  record Round(Generation generation, long step, long marginSteps, long sinceNs) {
    boolean is(Generation other, long otherStep) {
      return step == otherStep && generation.equals(other);
    }
  }

  private final JobState state;
  private final Port port;
  private final Pacing pacing;
  private Round round; // null: none is under way
  private RollCall sent;
  private long trainingSinceNs;
  private long trainingSinceStep;
  private long arrivedStep; // newest
  private long arrivedNs = Long.MAX_VALUE; // begin of the newest that has arrived, or of training

  Rounds(JobState state, Port port) {
    this.state = state;
    this.port = port;
    this.pacing = new Pacing(state, port.name(), port.tier());
  }

  /**
   * The group trains. The time that groups before it have trained counts: where none lasts for an
   * interval, a round is made all the same.
   */
  void start(Effects<JobEvent> fx) {
    trainingSinceNs = fx.nowNs();
    trainingSinceStep = state.committedStep;
    arrivedNs = Math.min(arrivedNs, trainingSinceNs); // also after one of another host's clock
    pacing.start(fx);
    arm(trainingSinceNs - arrivedNs, fx);
  }

  /**
   * @param passedNs since the last round began
   */
  private void arm(long passedNs, Effects<JobEvent> fx) {
    long intervalNs = paced() ? pacing.chosenNs(fx) : port.intervalNs();
    if (intervalNs > 0) {
      long settledNs = Math.min(intervalNs, BEATS_AHEAD * state.config.beatNs());
      fx.timer(port.name(), Math.max(settledNs, intervalNs - passedNs), port.due());
    }
  }

  private boolean paced() {
    return port.intervalNs() == JobSpec.Checkpoint.AUTO;
  }

  /** The group is over; what its nodes send is of no matter. */
  void stop(Effects<JobEvent> fx) {
    round = null;
    pacing.stop();
    fx.cancel(port.name());
  }

  void due(Effects<JobEvent> fx) {
    if (state.phase != JobState.Phase.TRAINING) {
      return;
    }
    arm(0, fx);
    if (round == null) {
      order(marginSteps(fx.nowNs()), fx);
    } else {
      fx.note(
          port.name() + ".slow",
          "%s: step %d has not arrived after %.0f s, the next one waits: nodes=%s"
              .formatted(
                  port.name(), round.step, (fx.nowNs() - round.sinceNs) / 1e9, sent.missing()));
    }
  }

  /** The step that is on its way. */
  OptionalLong underWay() {
    return round == null ? OptionalLong.empty() : OptionalLong.of(round.step);
  }

  /** Begins a round beside those that are due by time, unless the last step comes first. */
  OptionalLong now(Effects<JobEvent> fx) {
    order(marginSteps(fx.nowNs()), fx);
    return underWay();
  }

  /**
   * Begins a round with the newest snapshot that all may have, so that it need not wait for steps;
   * who is past it says so, and a later one is ordered. One that is under way is as good.
   */
  void newest(Effects<JobEvent> fx) {
    if (port.intervalNs() == 0 || round != null) {
      return;
    }
    long step = state.committedStep / every() * every();
    long marginSteps = marginSteps(fx.nowNs());
    if (step > Math.max(state.startStep, arrivedStep)) {
      begin(step, Math.ceilDiv(marginSteps, 2), fx);
      port.order(round.generation, step, fx);
    } else {
      order(marginSteps, fx);
    }
  }

  private int every() {
    return state.saves.common();
  }

  /**
   * Steps that may be made before all agents have read an order. Of a group that has just begun
   * little is known; who is past the step then says so.
   */
  private long marginSteps(long nowNs) {
    long beatNs = state.config.beatNs();
    double perNs =
        (state.committedStep - trainingSinceStep)
            / (double) Math.max(beatNs, nowNs - trainingSinceNs);
    return (long) Math.ceil(perNs * BEATS_AHEAD * beatNs) + 1;
  }

  private void order(long marginSteps, Effects<JobEvent> fx) {
    long step = Math.ceilDiv(state.committedStep + marginSteps, every()) * every();
    if (step < state.config.job().steps()) { // the last one needs no order
      begin(step, marginSteps, fx);
      port.order(round.generation, step, fx);
    } else {
      round = null;
    }
  }

  /** Also without an order: nodes send the last step by themselves. */
  void begin(long step, long marginSteps, Effects<JobEvent> fx) {
    if (round == null) { // otherwise the same one goes on with another step
      pacing.roundBegins(fx);
    }
    round = new Round(state.group().generation(), step, marginSteps, fx.nowNs());
    sent = new RollCall(state.group());
  }

  boolean isOf(Generation generation, long step) {
    return round != null && round.is(generation, step);
  }

  void told(ToMaster.ShardsWritten message, Effects<JobEvent> fx) {
    if (!isOf(message.generation(), message.step())) {
      return;
    }
    if (message.passed()) {
      order(2 * round.marginSteps, fx);
    } else if (!message.problem().isEmpty()) {
      failed("node %s: %s".formatted(message.node(), message.problem()), fx);
    } else {
      sent.add(message.node());
      if (sent.complete()) {
        port.sent(round, fx);
      }
    }
  }

  void failed(String why, Effects<JobEvent> fx) {
    fx.note(
        port.name() + ".failed",
        "%s: step %d of generation %s did not arrive: %s; earlier ones stay"
            .formatted(port.name(), round.step, round.generation, why));
    round = null;
    pacing.start(fx);
  }

  /** Ends the round; how long it took, s. What it cost moves the next one. */
  double end(Effects<JobEvent> fx) {
    long tookNs = fx.nowNs() - round.sinceNs;
    pacing.roundArrived(round.step, fx);
    arrivedStep = round.step;
    arrivedNs = round.sinceNs;
    round = null;
    if (paced() && state.committedStep < state.config.job().steps()) {
      arm(tookNs, fx);
    }
    return tookNs / 1e9;
  }
}
