package dev.muster.simulator.cluster;

import dev.muster.protocol.Member;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.worker.agent.AgentAction;
import dev.muster.worker.agent.AgentEvent;
import java.util.List;

/** One node's way from the end of a group to the first step of the next, computed. */
final class Turn {
  private final SimulatedNode node;
  private final ToAgent.Revoke revoke;
  private final long revokedNs;
  private final SimulatedGroup former;
  private final List<Member> members;
  private boolean obeyed; // the world knows that it ended the group
  private ToAgent.Form form; // null: not told yet
  private long formedNs;
  private List<Member> nextMembers;
  private SimulatedGroup next; // null until the node has entered it
  private int place; // among its nodes
  private boolean learns; // how long a step takes, from those of the former group
  private boolean knows; // all that it can remember is of these steps then

  Turn(
      SimulatedNode node,
      ToAgent.Revoke revoke,
      long revokedNs,
      SimulatedGroup former,
      List<Member> members) {
    this.node = node;
    this.revoke = revoke;
    this.revokedNs = revokedNs;
    this.former = former;
    this.members = members;
  }

  SimulatedNode node() {
    return node;
  }

  List<Member> members() {
    return members;
  }

  /** Of the node in the next group: the same workers, maybe with other ranks. */
  List<Member> nextMembers() {
    return nextMembers;
  }

  SimulatedGroup former() {
    return former;
  }

  SimulatedGroup next() {
    return next;
  }

  /** In which its workers are by now. */
  SimulatedGroup group() {
    return next == null ? former : next;
  }

  boolean begun() {
    return form != null;
  }

  long revokedNs() {
    return revokedNs;
  }

  /** When the agent's answer to the end of the group leaves. */
  long answeredNs() {
    return revokedNs + Processes.LAUNCH_NS;
  }

  /**
   * Its agent will learn from the steps of the former group how long one takes.
   *
   * @param enough with what it has learnt before, it knows then
   */
  void learns(boolean enough) {
    learns = true;
    knows = enough;
  }

  void learnsNothing() {
    learns = false;
  }

  void begin(ToAgent.Form order, long arrivalNs, List<Member> those) {
    form = order;
    formedNs = arrivalNs;
    nextMembers = those;
  }

  /** The order to revoke has arrived. */
  void obey() {
    if (!obeyed) {
      obeyed = true;
      former.revoke(node.nowNs());
      node.tellRevoked(former.generation());
    }
  }

  /** The order to form has arrived. */
  void enter() {
    if (next == null) {
      next = node.groups().opened(form);
      place = next.enter(node, members.size());
      node.tellEntered(members.size(), former, next);
      node.groups().entered(next);
    }
  }

  /** The end of the group as the agent tells it: every member holds what was committed. */
  ToMaster.Revoked answer() {
    long committed = former.committed(node.nowNs());
    var survivors = new ToMaster.Survivor[members.size()];
    for (int i = 0; i < survivors.length; i++) {
      survivors[i] = new ToMaster.Survivor(members.get(i).worker(), committed);
    }
    return new ToMaster.Revoked(node.id(), revoke.generation(), List.of(survivors));
  }

  // ---- in retrospect

  /** The agent is played up to this moment; what lies ahead is put on its way. */
  void replay(CalmAgent agent, Effects<AgentEvent> fx) {
    if (revokedNs > node.nowNs()) {
      node.receiveAt(revokedNs, revoke);
      return;
    }
    obey();
    var past = new Retrospect<>(fx, revokedNs);
    if (learns) {
      agent.learnDeferred(past, knows);
    }
    agent.play(new AgentEvent.Ordered(revoke), past);
    var ended = new AgentEvent.GroupRevoked(lastKnown(past), former.committed(node.nowNs()));
    if (answeredNs() > node.nowNs()) {
      node.later(answeredNs() - node.nowNs(), () -> node.tell(ended));
      return;
    }
    past.moveTo(answeredNs());
    agent.play(ended, past);
    same(past, answer());
    if (form != null) {
      replayForm(agent, past, fx);
    }
  }

  /** The agent may have slept through some groups: it ends the one that it knows. */
  private static long lastKnown(Retrospect<AgentEvent> past) {
    return past.takeAsked().stream()
        .filter(AgentAction.RevokeGroup.class::isInstance)
        .mapToLong(asked -> ((AgentAction.RevokeGroup) asked).group().generation())
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("a calm agent was in no group"));
  }

  private void replayForm(CalmAgent agent, Retrospect<AgentEvent> past, Effects<AgentEvent> fx) {
    if (formedNs > node.nowNs()) {
      node.receiveAt(formedNs, form);
      return;
    }
    agent.catchUp(formedNs, fx); // the order is obeyed only under a lease
    enter();
    next.settle(place, node.moved(members, next));
    past.moveTo(formedNs);
    agent.play(new AgentEvent.Ordered(form), past);
    past.takeAsked(); // its workers have been told
    for (var milestone : ToMaster.Milestone.values()) {
      if (next.passed(milestone)) {
        past.moveTo(next.passedNs(milestone));
        replay(milestone, agent, past);
      }
    }
  }

  private void replay(ToMaster.Milestone milestone, CalmAgent agent, Retrospect<AgentEvent> past) {
    FromWorker said = next.said(milestone);
    members.forEach(member -> agent.play(new AgentEvent.Said(member.worker(), said), past));
    same(past, next.reached(node, milestone));
    past.takeAsked();
  }

  private void same(Retrospect<AgentEvent> past, Message computed) {
    var played = past.takeSent();
    if (!played.equals(List.of(computed))) {
      throw new IllegalStateException(
          "a calm node answered otherwise than computed: node=%s computed=%s played=%s"
              .formatted(node.id(), computed, played));
    }
  }
}
