package dev.muster.worker.agent;

import dev.muster.protocol.Generation;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;

/**
 * Passes questions about ranges of data on to the master, and its answers back. What is lost
 * without a link to the master is asked again.
 */
final class RangeDuty {
  private final GroupDuty groups;
  private final MasterLink link;

  RangeDuty(GroupDuty groups, MasterLink link) {
    this.groups = groups;
    this.link = link;
  }

  void take(WorkerId worker, FromWorker.TakeRange m, Effects<AgentEvent> fx) {
    if (groups.activeMember(worker, m.generation())) {
      link.tell(
          new ToMaster.TakeRange(
              worker,
              new Generation(m.generation()),
              m.step(),
              m.request(),
              m.samples(),
              m.globalBatch()),
          fx);
    }
  }

  void lend(ToAgent.Lend m, Effects<AgentEvent> fx) {
    if (groups.activeMember(m.worker(), m.generation().number())) {
      fx.perform(
          new AgentAction.Tell(
              m.worker(),
              new ToWorker.Range(
                  m.generation().number(),
                  m.step(),
                  m.request(),
                  m.epoch(),
                  m.from(),
                  m.count(),
                  m.problem())));
    }
  }

  /** A consumer is in no group. */
  void ask(WorkerId asker, FromWorker.DatasetRequest m, Effects<AgentEvent> fx) {
    var verb = ToMaster.DatasetVerb.of(m.verb());
    if (verb.isEmpty()) {
      fx.note("worker.protocol", "no such verb: asker=" + asker + " verb=" + m.verb());
    } else if (asker.consumer() || groups.activeMember(asker, m.generation())) {
      link.tell(
          new ToMaster.DatasetRequest(
              asker,
              new Generation(m.generation()),
              m.step(),
              m.request(),
              m.dataset(),
              verb.get(),
              m.partition(),
              m.from(),
              m.to(),
              m.text()),
          fx);
    }
  }

  void reply(ToAgent.DatasetReply m, Effects<AgentEvent> fx) {
    if (m.asker().consumer() || groups.activeMember(m.asker(), m.generation().number())) {
      fx.perform(
          new AgentAction.Tell(
              m.asker(),
              new ToWorker.DatasetReply(
                  m.generation().number(),
                  m.request(),
                  m.partition(),
                  m.from(),
                  m.to(),
                  m.text(),
                  m.problem())));
    }
  }
}
