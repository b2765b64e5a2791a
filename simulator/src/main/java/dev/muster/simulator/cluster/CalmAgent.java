package dev.muster.simulator.cluster;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.ForwardingEffects;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.worker.agent.AgentAction;
import dev.muster.worker.agent.AgentEvent;
import dev.muster.worker.agent.AgentEvent.Timer;
import java.util.function.LongUnaryOperator;

/**
 * The production agent, spared the events that change nothing. While its node is calm, beats,
 * leases and looks for hangs are not played; before it matters what they would have left behind,
 * the newest of them are played in retrospect, by the same production code.
 *
 * <p>Calm is a node that is up, welcomed, reachable and not paused: see {@link SimulatedNode}.
 * Played in full or not, the decisions are the same; a test compares them.
 */
final class CalmAgent implements Core<AgentEvent> {
  private static final String BEAT = Timer.BEAT.name();
  private static final String LEASE = Timer.LEASE.name();
  private static final String HANG = Timer.HANG.name();

  private final Core<AgentEvent> agent;
  private final SimulatedNode node;
  private final Parking parking = new Parking();
  private Beats beats; // null while they are played
  private final Durations durations = new Durations();
  private Beats looks; // null while they are played, or there is nothing to look at
  private long leaseDueNs = -1; // -1 while it is armed
  private final Following following;

  CalmAgent(Core<AgentEvent> agent, SimulatedNode node, Regrouping regrouping) {
    this.agent = agent;
    this.node = node;
    this.following = new Following(node, regrouping);
  }

  Following following() {
    return following;
  }

  /** Whether nothing of it is played that could matter to a new group. */
  boolean parked() {
    return beats != null && looks != null;
  }

  /** From now on it knows all that has happened. */
  void settle(Effects<AgentEvent> fx) {
    following.settle(this, fx);
  }

  void play(AgentEvent event, Retrospect<AgentEvent> past) {
    agent.on(event, parking.over(past));
  }

  @Override
  public void on(AgentEvent event, Effects<AgentEvent> fx) {
    settle(fx);
    if (event instanceof AgentEvent.Ordered(var order)) {
      beforeObeying(order, fx);
    }
    if (!knowsPace()) {
      learn(fx); // how long a step takes is remembered over generations
    }
    agent.on(event, parking.over(fx));
  }

  /** Its detector has seen the newest steps, of whichever group. */
  void learnPace(Effects<AgentEvent> fx) {
    settle(fx);
    learn(fx);
  }

  /**
   * How many steps of that group it could learn from at least how long one takes.
   *
   * @param settled it is in that group already, and may have looked at some of them
   */
  int taughtBy(SimulatedGroup group, int members, boolean settled) {
    long sinceNs = settled ? looks.firstNs() : 0;
    return durations.taughtBy(group, members, sinceNs, looks.periodNs(), node.nowNs());
  }

  /** It learns them when it is settled: {@link #learnDeferred}. */
  boolean promise(int durationsMore, int members) {
    return durations.promise(durationsMore, members);
  }

  void endDeferring() {
    durations.settle();
  }

  /**
   * @param enough it should know then how long a step takes
   */
  void learnDeferred(Retrospect<AgentEvent> past, boolean enough) {
    learn(past, true);
    if (enough && !durations.learnt()) {
      throw new IllegalStateException(
          "too few steps to learn from: node=%s atNs=%d".formatted(node.id(), past.nowNs()));
    }
  }

  private void beforeObeying(ToAgent order, Effects<AgentEvent> fx) {
    if (order instanceof ToAgent.Form || order instanceof ToAgent.Launch) {
      catchUp(fx.nowNs(), fx); // obeyed only under a lease
    } else if (order instanceof ToAgent.Kill) {
      playBeats(fx); // the next one will not tell of this member
    }
  }

  /** When the newest beat was read that has reached the master and was not played, or -1. */
  long lastReadNs(long nowNs) {
    if (beats == null) {
      return -1;
    }
    long index = beats.newest(nowNs);
    if (index < 0) {
      return -1;
    }
    long readNs = beats.dueNs(index) + SimulatedNode.LOOK_NS;
    if (node.isSurelyAtMaster(readNs) || node.arrivalAtMasterNs(readNs) <= nowNs) {
      return readNs;
    }
    return index == 0 ? -1 : readNs - beats.periodNs();
  }

  private long arrivalNs(long dueNs) {
    return node.arrivalAtMasterNs(dueNs + SimulatedNode.LOOK_NS);
  }

  /** The node is not calm any more, and has caught up: from now on everything is played. */
  void wake(Effects<AgentEvent> fx) {
    watch(fx);
    if (beats != null) {
      arm(Timer.BEAT, beats.firstNs(), fx);
      beats = null;
    }
    if (leaseDueNs >= 0) {
      arm(Timer.LEASE, leaseDueNs, fx);
      leaseDueNs = -1;
    }
  }

  /** A local member has just stalled: from now on every look is played. */
  void watch(Effects<AgentEvent> fx) {
    if (looks != null) {
      var grid = looks;
      learn(fx);
      stall(grid, fx);
      arm(Timer.HANG, looks.nextNs(fx.nowNs()), fx);
      looks = null;
    }
  }

  private static void arm(Timer timer, long dueNs, Effects<AgentEvent> fx) {
    fx.timer(timer.name(), Math.max(0, dueNs - fx.nowNs()), new AgentEvent.Due(timer, null));
  }

  // ---- beats

  /** Arrival of the newest beat that has left and was not played, or -1. */
  long lastUpNs(long nowNs) {
    long index = beats == null ? -1 : beats.newest(nowNs - SimulatedNode.LOOK_NS);
    return index < 0 ? -1 : arrivalNs(beats.dueNs(index));
  }

  /** Arrival of the answer to the newest of them that the master has heard, or -1. */
  long lastDownNs(long nowNs) {
    long readNs = lastReadNs(nowNs);
    return readNs < 0 ? -1 : node.arrivalAtNodeNs(node.arrivalAtMasterNs(readNs));
  }

  /** Plays the newest beat whose answer was there by then, unless it has been. */
  void catchUp(long untilNs, Effects<AgentEvent> fx) {
    if (beats == null) {
      return;
    }
    long index = beats.newest(untilNs);
    if (index >= 0 && answerNs(beats.dueNs(index)) > untilNs) {
      index--; // its answer is still on the way
    }
    if (index >= 0) {
      beat(beats.dueNs(index), fx);
    }
  }

  /** Plays what has happened of all beats by now; what is on its way goes on being played. */
  void playBeats(Effects<AgentEvent> fx) {
    catchUp(fx.nowNs(), fx);
    if (beats != null && beats.firstNs() <= fx.nowNs()) {
      playUnanswered(beats.firstNs(), fx);
    }
  }

  private void playUnanswered(long dueNs, Effects<AgentEvent> fx) {
    var past = new Retrospect<>(fx, dueNs);
    beats = null; // until the next one is armed
    agent.on(new AgentEvent.Due(Timer.BEAT, null), parking.over(past));
    if (dueNs + SimulatedNode.LOOK_NS > fx.nowNs()) {
      past.takeAsked().forEach(look -> node.look((AgentAction.Look) look, dueNs));
      return;
    }
    look(dueNs, past);
    past.takeSent().forEach(beat -> node.sent((ToMaster) beat, arrivalNs(dueNs)));
  }

  private long answerNs(long dueNs) {
    return node.arrivalAtNodeNs(arrivalNs(dueNs));
  }

  private void beat(long dueNs, Effects<AgentEvent> fx) {
    var past = new Retrospect<>(fx, dueNs);
    agent.on(new AgentEvent.Due(Timer.BEAT, null), parking.over(past));
    look(dueNs, past);
    long arrivalNs = arrivalNs(dueNs);
    for (Message beat : past.takeSent()) {
      past.moveTo(node.arrivalAtNodeNs(arrivalNs));
      for (Message answer : node.masterHears((ToMaster) beat, arrivalNs)) {
        agent.on(new AgentEvent.Ordered((ToAgent) answer), parking.over(past));
      }
    }
    past.takeAsked().forEach(node::perform); // renewals of the lease
  }

  private void look(long dueNs, Retrospect<AgentEvent> past) {
    past.moveTo(dueNs + SimulatedNode.LOOK_NS);
    for (Effects.Action asked : past.takeAsked()) {
      agent.on(node.lookedBack((AgentAction.Look) asked, past.nowNs()), parking.over(past));
    }
  }

  // ---- looks for hangs

  /** Steps of its group take that long from now on. */
  void paced(long stepNs) {
    durations.paced(stepNs);
  }

  boolean knowsPace() {
    return durations.areAllTheSame();
  }

  /**
   * The detector has seen the beginning of the generation and the newest steps. Looks between that
   * see no progress matter only once something stalls.
   */
  void learn(Effects<AgentEvent> fx) {
    learn(fx, false);
  }

  /**
   * @param all steps that it can remember, also if they took as long as those that it knows: what
   *     the pace was then is not what it is now
   */
  private void learn(Effects<AgentEvent> fx, boolean all) {
    var grid = looks; // playing one arms the next
    long last = grid == null ? -1 : grid.newest(fx.nowNs() - SimulatedNode.LOOK_NS);
    if (last < 0) {
      return;
    }
    var progress = node.progress();
    lookForHangs(grid.dueNs(0), fx);
    var group = node.group();
    durations.lookAt(group, node.membersOf(group), steps(progress, grid, 0));
    int wanted = all ? durations.most() : durations.wanted();
    long first = firstToLearn(progress, grid, last, wanted);
    long before = steps(progress, grid, first - 1);
    for (long index = first; index <= last; index++) {
      long steps = steps(progress, grid, index);
      if (steps != before) {
        lookForHangs(grid.dueNs(index), fx);
        durations.add(steps, readNs(grid, index));
      }
      before = steps;
    }
  }

  /** As many looks follow that see a step as are wanted, or all. */
  private long firstToLearn(LongUnaryOperator progress, Beats grid, long last, int looksThatSee) {
    long after = steps(progress, grid, last);
    if (after < 0) { // all who trained are gone: no look would find any step, however far back
      return last + 1;
    }
    int wanted = looksThatSee;
    long index = last;
    for (; index > 1 && wanted > 0; index--) {
      long before = steps(progress, grid, index - 1);
      wanted -= before == after ? 0 : 1;
      after = before;
    }
    return Math.max(1, index);
  }

  private static long steps(LongUnaryOperator progress, Beats grid, long index) {
    return progress.applyAsLong(readNs(grid, index));
  }

  private static long readNs(Beats grid, long index) {
    return grid.dueNs(index) + SimulatedNode.LOOK_NS;
  }

  /** The looks since the last step. */
  private void stall(Beats grid, Effects<AgentEvent> fx) {
    long last = grid.newest(fx.nowNs() - SimulatedNode.LOOK_NS);
    long index = last;
    var progress = node.progress();
    while (index > 0 && steps(progress, grid, index) == steps(progress, grid, index - 1)) {
      index--;
    }
    for (index++; index <= last; index++) {
      lookForHangs(grid.dueNs(index), fx);
    }
  }

  private void lookForHangs(long dueNs, Effects<AgentEvent> fx) {
    var past = new Retrospect<>(fx, dueNs);
    agent.on(new AgentEvent.Due(Timer.HANG, null), parking.over(past));
    look(dueNs, past);
    past.takeSent().forEach(verdict -> fx.send(PeerId.MASTER, verdict));
  }

  /** Keeps the timers of what is not played. */
  private final class Parking extends ForwardingEffects<AgentEvent> {
    @Override
    public void timer(String key, long delayNs, AgentEvent event) {
      long dueNs = nowNs() + delayNs;
      if (key.equals(BEAT) && node.calm()) {
        beats = new Beats(dueNs, delayNs + SimulatedNode.LOOK_NS);
      } else if (key.equals(LEASE) && node.calm()) {
        leaseDueNs = dueNs;
        super.cancel(key);
      } else if (key.equals(HANG) && node.calm() && !node.watched()) {
        looks = new Beats(dueNs, delayNs + SimulatedNode.LOOK_NS);
      } else {
        super.timer(key, delayNs, event);
      }
    }

    @Override
    public void cancel(String key) {
      if (key.equals(BEAT)) {
        beats = null;
      } else if (key.equals(LEASE)) {
        leaseDueNs = -1;
      } else if (key.equals(HANG)) {
        looks = null;
      }
      super.cancel(key);
    }
  }
}
