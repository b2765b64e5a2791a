package dev.muster.master.quorum;

import dev.muster.master.quorum.Quorum.Decision;
import dev.muster.master.quorum.Quorum.Participant;
import dev.muster.protocol.Generation;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.Effects;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Collects requests for the next step's quorum and answers all of them together.
 *
 * <p>Several callers may wait for one replica (its local ranks): they share its fate, so that a
 * request that fails or expires is answered to each of them. Requests of a burst are decided
 * together in one tick of no delay. After a quorum the requests are cleared; a caller that was left
 * out enters the next round by itself, with the time of that moment: with its old one, a few
 * newcomers could form a quorum past members that are merely stepping.
 *
 * <p>The maps change in place, because thousands of replicas beat every second; a decision sees an
 * immutable {@link Quorum.State} of them.
 */
public final class QuorumCore implements Core<QuorumCore.Event> {

  public sealed interface Event {}

  /** A caller asks for {@code id}; answered through {@link Answer}. */
  public record Asked(
      WorkerId id, long requestId, long step, boolean shrinkOnly, long commitFailures)
      implements Event {}

  public record Beat(WorkerId id) implements Event {}

  /** The replica takes its request back or cannot be served: all its callers are told. */
  public record Failed(WorkerId id, String reason) implements Event {}

  /**
   * No quorum will come from here, for example because this master steps down: every caller is
   * told.
   */
  public record Aborted(String reason) implements Event {}

  /** Time to decide. */
  public record Tick() implements Event {}

  /** Time to give up a request, if it still waits. */
  public record Expired(WorkerId id, long requestId) implements Event {}

  /** Effect: the shell sends {@code reply} to whoever made the request. */
  public record Answer(long requestId, Reply reply) implements Effects.Action {}

  public sealed interface Reply {}

  public record Joined(List<Participant> members, Generation generation) implements Reply {
    public Joined {
      members = List.copyOf(members);
    }
  }

  /** No quorum for this request. Definite: the replica is a member of none. */
  public record Refused(String reason) implements Reply {}

  /**
   * @param tickNs how often to decide while somebody waits; too long: late answers, too short:
   *     needless work
   * @param requestNs how long a request may wait
   */
  public record Pace(long tickNs, long requestNs) {}

  private static final String TICK = "quorum";
  private static final int FORGET_TIMEOUTS = 10;

  private final Quorum.Policy policy;
  private final Pace pace;
  private final TreeMap<WorkerId, Participant> participants = new TreeMap<>();
  private final TreeMap<WorkerId, Long> beats = new TreeMap<>();
  private final Map<WorkerId, Set<Long>> callers = new TreeMap<>();
  private Quorum.Previous previous = Quorum.Previous.NONE;
  private String lastReason = "";

  public QuorumCore(Quorum.Policy policy, Pace pace) {
    this.policy = policy;
    this.pace = pace;
  }

  @Override
  public void on(Event event, Effects<Event> fx) {
    switch (event) {
      case Asked asked -> onAsked(asked, fx);
      case Beat beat -> beats.put(beat.id(), fx.nowNs());
      case Failed failed -> refuse(failed.id(), failed.reason(), fx);
      case Aborted aborted ->
          List.copyOf(callers.keySet()).forEach(id -> refuse(id, aborted.reason(), fx));
      case Expired expired -> onExpired(expired, fx);
      case Tick tick -> onTick(fx);
    }
  }

  /** What the next decision would see. */
  public Quorum.State state() {
    return new Quorum.State(new TreeMap<>(participants), new TreeMap<>(beats), previous);
  }

  private void onAsked(Asked asked, Effects<Event> fx) {
    long nowNs = fx.nowNs();
    beats.put(asked.id(), nowNs);
    callers.computeIfAbsent(asked.id(), id -> new TreeSet<>()).add(asked.requestId());
    participants.put(
        asked.id(),
        new Participant(
            asked.id(), nowNs, asked.step(), asked.shrinkOnly(), asked.commitFailures()));
    fx.timer(
        "request:" + asked.requestId(),
        pace.requestNs(),
        new Expired(asked.id(), asked.requestId()));
    fx.timer(TICK, 0, new Tick());
  }

  private void onExpired(Expired expired, Effects<Event> fx) {
    if (callers.getOrDefault(expired.id(), Set.of()).contains(expired.requestId())) {
      refuse(
          expired.id(),
          "no quorum in time: requestNs=" + pace.requestNs() + "; last reason: " + lastReason,
          fx);
    }
  }

  private void refuse(WorkerId id, String reason, Effects<Event> fx) {
    participants.remove(id);
    Set<Long> waiting = callers.remove(id);
    if (waiting != null) {
      waiting.forEach(requestId -> answer(requestId, new Refused(reason), fx));
    }
  }

  private void onTick(Effects<Event> fx) {
    forgetDead(fx.nowNs());
    if (!participants.isEmpty()) {
      switch (Quorum.decide(state(), policy, fx.nowNs())) {
        case Decision.Formed formed -> form(formed, fx);
        case Decision.None none -> note("quorum.none", none.reason(), fx);
      }
    }
    if (!participants.isEmpty() || !beats.isEmpty()) {
      fx.timer(TICK, participants.isEmpty() ? policy.beatTimeoutNs() : pace.tickNs(), new Tick());
    }
  }

  private void forgetDead(long nowNs) {
    beats.values().removeIf(atNs -> nowNs - atNs >= FORGET_TIMEOUTS * policy.beatTimeoutNs());
  }

  private void form(Decision.Formed formed, Effects<Event> fx) {
    note("quorum.formed", "generation=" + formed.generation() + ": " + formed.reason(), fx);
    List<Participant> members = formed.members().stream().map(participants::get).toList();
    previous = new Quorum.Previous(formed.members(), formed.generation());
    formed.members().forEach(participants::remove);
    participants.replaceAll(
        (id, p) -> new Participant(id, fx.nowNs(), p.step(), p.shrinkOnly(), p.commitFailures()));
    var reply = new Joined(members, formed.generation());
    for (WorkerId member : formed.members()) {
      callers.remove(member).forEach(requestId -> answer(requestId, reply, fx));
    }
  }

  private void note(String topic, String reason, Effects<Event> fx) {
    if (!reason.equals(lastReason)) {
      fx.note(topic, reason);
      lastReason = reason;
    }
  }

  private static void answer(long requestId, Reply reply, Effects<Event> fx) {
    fx.cancel("request:" + requestId);
    fx.perform(new Answer(requestId, reply));
  }
}
