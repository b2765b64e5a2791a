package dev.muster.master.job;

import dev.muster.master.data.Consumer;
import dev.muster.master.data.StepRanges;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.worker.data.Sampler;

/**
 * Lends the members of the newest group ranges of their steps. A request that gets no answer is
 * made again, so nothing is kept for a node that is away.
 */
final class Lending {
  private final JobState state;
  private StepRanges ranges; // of the newest group; null before its first request

  Lending(JobState state) {
    this.state = state;
  }

  /** A group was formed: it begins with what its start step has left. */
  void formed() {
    ranges = null;
  }

  void take(ToMaster.TakeRange take, Effects<JobEvent> fx) {
    boolean current =
        state.grouped()
            && take.generation().equals(state.group().generation())
            && state.group().contains(take.worker());
    if (!current) {
      fx.note("range.refused", "refused: a range for a group that is over: " + take);
      return;
    }
    var problem = problem(take);
    if (!problem.isEmpty()) {
      var none = new StepRanges.Lent(take.step(), take.request(), 0, 0, 0);
      answer(take, none, problem, fx);
      return;
    }
    ranges
        .take(Consumer.of(take.worker()), take.step(), take.request())
        .ifPresentOrElse(
            lent -> answer(take, lent, "", fx),
            () -> fx.note("range.refused", "refused: a range out of turn: " + take));
  }

  /** Why this worker can have no ranges at all; empty when it can. */
  private String problem(ToMaster.TakeRange take) {
    var data = state.config.job().data();
    if (!data.leased()) {
      return "no ranges are lent: expected muster.data.mode = leased actual=step";
    }
    var sampler = new Sampler(state.config.job().seed(), take.samples(), take.globalBatch());
    if (ranges == null) {
      ranges =
          new StepRanges(state.group().generation(), state.startStep, sampler, data.rangeSize());
    }
    return ranges.sampler().equals(sampler)
        ? ""
        : "workers name different data sets: expected=%s actual=%s; every worker must build the same trainer"
            .formatted(ranges.sampler(), sampler);
  }

  private void answer(
      ToMaster.TakeRange take, StepRanges.Lent lent, String problem, Effects<JobEvent> fx) {
    state.order(
        fx,
        take.worker().node(),
        new ToAgent.Lend(
            take.worker(),
            take.generation(),
            lent.step(),
            lent.request(),
            lent.epoch(),
            lent.from(),
            lent.count(),
            problem));
  }
}
