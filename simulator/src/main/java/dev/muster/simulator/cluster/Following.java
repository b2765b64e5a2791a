package dev.muster.simulator.cluster;

import dev.muster.protocol.Member;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster.Milestone;
import dev.muster.worker.agent.AgentEvent;
import java.util.List;
import java.util.Set;

/**
 * What a calm node does when others fail: it ends its group and enters the next one, with all its
 * workers and nothing of its own. Its answers are computed; its agent is played only when something
 * else happens to the node, and then from the last group on that matters.
 *
 * <pre>
 *   nothing -> ending (told to revoke) -> beginning (told to form) -> done (first step) -> ending ...
 *   any of them -> nothing, when it is settled: {@link Turn#replay} brings the agent up to date
 * </pre>
 */
final class Following {
  private static final int KEPT_GROUPS = 8;

  private final SimulatedNode node;
  private final Regrouping regrouping;
  private Turn done; // null: the agent knows all
  private Turn turn; // null: none is under way
  private Turn lesson; // from which it will learn how long steps take; null: it knows
  private long busyUntilNs = -1; // orders or answers are on the way
  private long lastAnswerNs = -1; // arrival

  Following(SimulatedNode node, Regrouping regrouping) {
    this.node = node;
    this.regrouping = regrouping;
  }

  // ---- orders

  /** Whether this message need not be sent: what comes of it is computed. */
  boolean takes(Message message, long arrivalNs) {
    return switch (message) {
      case ToAgent.Revoke revoke -> takes(revoke, arrivalNs);
      case ToAgent.Form form -> takes(form, arrivalNs);
      default -> false;
    };
  }

  private boolean takes(ToAgent.Revoke order, long arrivalNs) {
    var group = turn == null ? wholeGroup(order.generation().number()) : null;
    if (group == null || !learnsFrom(group)) {
      return false;
    }
    var next = new Turn(node, order, arrivalNs, group);
    if (!node.knowsPace() || lessonIsOld(group)) {
      next.learns(done);
      done = null; // replayed with it
      lesson = next;
      node.deferLearning();
    }
    turn = next;
    busyUntil(arrivalNs);
    regrouping.sent(order, turn, arrivalNs);
    return true;
  }

  /** The group of this generation if it trains with all workers of this node; else null. */
  private SimulatedGroup wholeGroup(long generation) {
    if (!node.follows()) {
      return null;
    }
    if (done != null) { // nothing has happened to this node since
      return done.next().generation() == generation ? done.next() : null;
    }
    var group = node.groups().of(generation);
    return group != null && group.passed(Milestone.STEPPED) && node.isWhollyIn(group)
        ? group
        : null;
  }

  /**
   * How long a step takes is remembered over generations: its hang detector knows, or this group
   * has stepped for long enough to learn it afterwards.
   */
  private boolean learnsFrom(SimulatedGroup group) {
    if (node.knowsPace() || node.couldLearnFrom(group)) {
      return true;
    }
    if (busyUntilNs <= node.nowNs()) { // else what is on the way would have to be sent
      node.learnPace();
    }
    return node.knowsPace();
  }

  /** A new one lets groups be forgotten that only this node remembers. */
  private boolean lessonIsOld(SimulatedGroup group) {
    return lesson != null
        && lesson.group().generation() + KEPT_GROUPS < group.generation()
        && node.couldLearnFrom(group);
  }

  private boolean takes(ToAgent.Form order, long arrivalNs) {
    if (turn == null || turn.begun() || !node.follows() || !staysWhole(order)) {
      return false;
    }
    busyUntil(arrivalNs);
    turn.begin((ToAgent.Form) regrouping.sent(order, turn, arrivalNs), arrivalNs);
    return true;
  }

  private boolean staysWhole(ToAgent.Form order) {
    var members = order.group().on(node.id());
    return sameWorkers(members, turn.members())
        && !anyNeedsState(members, regrouping.needState(order));
  }

  private static boolean sameWorkers(List<Member> some, List<Member> others) {
    if (some.size() != others.size()) {
      return false;
    }
    for (int i = 0; i < some.size(); i++) {
      var one = some.get(i);
      var other = others.get(i);
      if (one != other && !one.worker().equals(other.worker())) {
        return false;
      }
    }
    return true;
  }

  private static boolean anyNeedsState(List<Member> members, Set<Integer> need) {
    return !need.isEmpty() && members.stream().anyMatch(member -> need.contains(member.rank()));
  }

  // ---- what comes of them

  /** Something is on its way to this node or from it until then. */
  void busyUntil(long untilNs) {
    busyUntilNs = Math.max(busyUntilNs, untilNs);
  }

  /** Null when its agent has been told of all that happened. */
  Turn turn() {
    return turn;
  }

  boolean follows(SimulatedGroup group) {
    return turn != null && turn.begun() && turn.next() == group;
  }

  /** In which its workers are, though the agent may not know yet; only while it is unsettled. */
  SimulatedGroup group() {
    return turn == null ? done.next() : turn.group();
  }

  /** The first step of the new group is made. */
  void completed() {
    done = turn;
    turn = null;
  }

  /** When an answer arrives that is sent at {@code sentNs}, after all that are on the way. */
  long arrivalNs(long sentNs) {
    lastAnswerNs = Math.max(node.nextArrivalNs(sentNs), lastAnswerNs + 1);
    busyUntil(lastAnswerNs);
    return lastAnswerNs;
  }

  // ---- back to playing

  /** Whether its agent does not know all that happened. */
  boolean unsettled() {
    return done != null || turn != null;
  }

  /** Brings the agent to this moment; what is still to come will be played. */
  void settle(CalmAgent agent, Effects<AgentEvent> fx) {
    if (!unsettled()) {
      return;
    }
    var before = done;
    var now = turn;
    var learnt = lesson;
    done = null;
    turn = null;
    lesson = null;
    agent.endDeferring();
    if (busyUntilNs > node.nowNs()) {
      regrouping.dissolve();
    }
    if (learnt != null && learnt != before && learnt != now) {
      learnt.replay(agent, fx);
    }
    if (before != null) {
      before.replay(agent, fx);
    }
    if (now != null) {
      now.replay(agent, fx);
    }
  }
}
