package dev.muster.master.job;

import dev.muster.master.checkpoint.Interval.Cost;
import dev.muster.master.checkpoint.Interval.Tier;
import dev.muster.master.checkpoint.SaveInterval;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;

/**
 * Every how many steps the members save: as configured, or chosen whenever all nodes of the group
 * have told what it took from them. All it looks at comes from events of the journal.
 */
final class SavePacing {
  private final JobState state;
  private int every;
  private int longest; // of this generation
  private RollCall told; // since the last choice; null: nobody has
  private long blockedNs;
  private long stepNs;

  SavePacing(JobState state) {
    this.state = state;
    this.every = chosen() ? SaveInterval.FIRST : state.config.job().checkpoint().memoryEvery();
    this.longest = every;
  }

  private boolean chosen() {
    return state.config.job().checkpoint().memoryEvery() == JobSpec.Checkpoint.AUTO;
  }

  /** Steps between two saves of a group that forms now; 0: none. */
  int every() {
    return every;
  }

  /** All steps that are multiples of this are saved by all members of the group. */
  int common() {
    return longest;
  }

  /** Another group. */
  void formed() {
    longest = every;
    forget();
  }

  private void forget() {
    told = null;
    blockedNs = 0;
    stepNs = 0;
  }

  void told(ToMaster.SaveCost cost, Effects<JobEvent> fx) {
    boolean current = cost.generation().equals(state.group().generation());
    if (!chosen() || !current || state.phase != JobState.Phase.TRAINING) {
      return;
    }
    told = told == null ? new RollCall(state.group()) : told;
    told.add(cost.node());
    blockedNs = Math.max(blockedNs, cost.blockedNs());
    stepNs = Math.max(stepNs, cost.stepNs());
    if (told.complete()) {
      choose(fx);
    }
  }

  private void choose(Effects<JobEvent> fx) {
    var cost = new Cost(blockedNs, state.restartNs(), stepNs);
    var rate = state.exposure.rate(Tier.MEMORY, fx.nowNs());
    var choice = SaveInterval.decide(cost, rate, every);
    forget();
    if (choice.steps() != every) {
      every = choice.steps();
      longest = Math.max(longest, every);
      fx.note("snapshots.interval", "every %d steps: %s".formatted(every, choice.reason()));
      var order = new ToAgent.SaveEvery(state.group().generation(), every);
      state.group().nodes().forEach(node -> state.order(fx, node, order));
    }
  }
}
