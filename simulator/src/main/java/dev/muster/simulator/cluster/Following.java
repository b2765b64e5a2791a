package dev.muster.simulator.cluster;

import dev.muster.protocol.Member;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster.Milestone;
import dev.muster.worker.agent.AgentEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

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
  private static final int MOST_LESSONS = 8;

  private final SimulatedNode node;
  private final Regrouping regrouping;
  private Turn done; // null: the agent knows all
  private Turn turn; // null: none is under way
  private final List<Turn> lessons = new ArrayList<>(0); // to be replayed to learn from them
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
    long generation = order.generation().number();
    var group = turn == null ? wholeGroup(generation) : interrupted(generation);
    if (group == null || !node.knowsPace() && lessons.size() >= MOST_LESSONS) {
      return false;
    }
    var before = turn == null ? done : turn;
    var members = before == null ? group.form().group().on(node.id()) : before.nextMembers();
    var next = new Turn(node, order, arrivalNs, group, members);
    if (!node.knowsPace() || lessonIsOld(group)) {
      learn(before, next);
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
   * The group of this generation if it ended while this node was on its way into it, and nothing of
   * that is on the way any more; else null. Its agent never needs to know that there was one.
   */
  private SimulatedGroup interrupted(long generation) {
    var group = turn.next();
    boolean over = group != null && group.generation() == generation && group.ended() && !busy();
    return over && node.follows() ? group : null;
  }

  private boolean busy() {
    return busyUntilNs > node.nowNs();
  }

  /**
   * How long a step takes is remembered over generations: what the former group has shown of it is
   * learnt once something happens to this node. One group that has stepped for long enough shows
   * all, and what came before is of no use; of shorter ones none may be left out.
   */
  private void learn(Turn before, Turn next) {
    int taught = node.taughtBy(next);
    if (node.isEnough(taught, next)) {
      lessons.clear();
      if (before != null) {
        before.learnsNothing();
      }
    }
    if (before != null && (lessons.isEmpty() || lessons.getLast() != before)) {
      lessons.add(before);
    }
    lessons.add(next);
    next.learns(node.promise(taught, next));
  }

  /** A new one lets groups be forgotten that only this node remembers. */
  private boolean lessonIsOld(SimulatedGroup group) {
    return !lessons.isEmpty()
        && lessons.getFirst().group().generation() + KEPT_GROUPS < group.generation()
        && node.isEnough(group);
  }

  private boolean takes(ToAgent.Form order, long arrivalNs) {
    if (turn == null || turn.begun() || !node.follows()) {
      return false;
    }
    var members = regrouping.members(order, node);
    if (!sameWorkers(members, turn.members())
        || anyNeedsState(members, regrouping.needState(order))) {
      return false;
    }
    busyUntil(arrivalNs);
    turn.begin((ToAgent.Form) regrouping.sent(order, turn, arrivalNs), arrivalNs, members);
    return true;
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

  private static boolean anyNeedsState(List<Member> members, BitSet need) {
    if (!need.isEmpty()) {
      for (var member : members) {
        if (need.get(member.rank())) {
          return true;
        }
      }
    }
    return false;
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
    var missed = missed();
    done = null;
    turn = null;
    lessons.clear();
    agent.endDeferring();
    if (busy()) {
      regrouping.dissolve();
    }
    missed.forEach(one -> one.replay(agent, fx));
  }

  /** What the agent has to be played, in order. */
  private List<Turn> missed() {
    var missed = new ArrayList<>(lessons);
    for (var one : Arrays.asList(done, turn)) {
      if (one != null && !missed.contains(one)) {
        missed.add(one);
      }
    }
    missed.sort(Comparator.comparingLong(Turn::revokedNs));
    return missed;
  }
}
