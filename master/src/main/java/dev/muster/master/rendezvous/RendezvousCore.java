package dev.muster.master.rendezvous;

import dev.muster.master.rendezvous.Rendezvous.Decision;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.Effects;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Gathers workers round after round. A round is open until it forms a group, and then complete
 * until one of its members comes back for the next one, or all of them are gone.
 *
 * <pre>
 * state     event                                      next
 * open      enough workers, by {@link Rendezvous}      complete; members are placed, the others stand by
 * open      the minimum is not reached in time         closed
 * complete  a member arrives for the next round        open, round + 1, with everybody who waits
 * complete  the last member is lost                    open, round + 1
 * any       Closed                                     closed for good
 * </pre>
 *
 * <p>While a round is complete, whoever else arrives is told {@link Unassigned} and kept: on the
 * wait list if the group has room, else on the redundancy (standby) list. Only the wait list is a
 * reason to regroup.
 */
public final class RendezvousCore implements Core<RendezvousCore.Event> {

  public sealed interface Event {}

  /**
   * A worker asks for a place; answered through {@link Answer}.
   *
   * @param domain see {@link Arrivals.Arrival}
   * @param round the earliest round it wants: one more than the last it knows. A claim on a
   *     complete round never changes it
   */
  public record Arrived(WorkerId worker, String domain, long requestId, long round)
      implements Event {}

  /**
   * @param blamed the worker failed, so that its node cools down; otherwise it left in order
   */
  public record Lost(WorkerId worker, boolean blamed, String reason) implements Event {}

  public record Closed(String reason) implements Event {}

  /** Time to decide again. */
  public record Recheck(long round) implements Event {}

  /**
   * Effect: the shell sends {@code reply} to whoever made the request. {@link Unassigned} is
   * followed by another answer.
   */
  public record Answer(long requestId, Reply reply) implements Effects.Action {}

  public sealed interface Reply {}

  public record Placed(long round, int rank, List<WorkerId> group) implements Reply {}

  /**
   * @param number after the ranks of the group: world size, world size + 1, …
   */
  public record Standby(long round, int number) implements Reply {}

  /**
   * @param round complete without the caller, which takes part from the next one on
   */
  public record Unassigned(long round) implements Reply {}

  /** The rendezvous is closed or gave up. */
  public record Refused(String reason) implements Reply {}

  /** The rendezvous is closed and the caller was never needed: it may end without an error. */
  public record Dismissed(String reason) implements Reply {}

  /** The worker asked again; only the newer request is answered. */
  public record Superseded() implements Reply {}

  private static final String RECHECK = "rendezvous";

  private final Rendezvous.Policy policy;
  private final Map<WorkerId, Long> requests = new TreeMap<>();
  private Cooldown cooldown;
  private Arrivals arrivals;
  private List<WorkerId> group = List.of();
  private long round = 1;
  private boolean complete;

  public RendezvousCore(Rendezvous.Policy policy, Cooldown.Policy cooldown, long nowNs) {
    this.policy = policy;
    this.cooldown = Cooldown.none(cooldown);
    this.arrivals = Arrivals.open(nowNs, List.of());
  }

  @Override
  public void on(Event event, Effects<Event> fx) {
    switch (event) {
      case Arrived arrived -> onArrived(arrived, fx);
      case Lost lost -> onLost(lost, fx);
      case Closed closed -> close(closed.reason(), fx);
      case Recheck recheck -> {}
    }
    if (!complete && !arrivals.isClosed() && !arrivals.present().isEmpty()) {
      decide(fx);
    }
  }

  public long round() {
    return round;
  }

  /**
   * The group of the complete round in rank order, less members lost since; empty while the round
   * is open.
   */
  public List<WorkerId> group() {
    return group;
  }

  /** Workers for which the complete group has room: the reason to form the next one. */
  public List<WorkerId> waiting() {
    return complete && group.size() < policy.maxWorkers()
        ? Rendezvous.standby(arrivals, group)
        : List.of();
  }

  /** Workers kept in reserve beside a full group. */
  public List<WorkerId> redundancy() {
    return complete && group.size() >= policy.maxWorkers()
        ? Rendezvous.standby(arrivals, group)
        : List.of();
  }

  private void onArrived(Arrived arrived, Effects<Event> fx) {
    if (arrivals.isClosed()) {
      answer(
          arrived.requestId(), new Refused("rendezvous closed: " + arrivals.closedBecause()), fx);
      return;
    }
    boolean member = complete && group.contains(arrived.worker());
    if (member && arrived.round() <= round) {
      answer(arrived.requestId(), new Placed(round, group.indexOf(arrived.worker()), group), fx);
      return;
    }
    if (member) {
      openNextRound("worker=" + arrived.worker() + " left the group", fx);
    }
    enter(arrived, fx);
  }

  private void enter(Arrived arrived, Effects<Event> fx) {
    Long older = requests.put(arrived.worker(), arrived.requestId());
    if (older != null && older != arrived.requestId()) {
      answer(older, new Superseded(), fx);
    }
    arrivals = arrivals.with(arrived.worker(), arrived.domain(), fx.nowNs());
    if (complete) {
      answer(arrived.requestId(), new Unassigned(round), fx);
    }
  }

  private void onLost(Lost lost, Effects<Event> fx) {
    if (lost.blamed()) {
      var node = lost.worker().node();
      long draw = fx.random("cooldown", node.name().hashCode(), round);
      cooldown = cooldown.failed(node, fx.nowNs(), draw);
      arrivals = cooldown.applyTo(arrivals);
    }
    requests.remove(lost.worker());
    arrivals = arrivals.without(lost.worker());
    if (complete && group.contains(lost.worker())) {
      group = group.stream().filter(worker -> !worker.equals(lost.worker())).toList();
      fx.note(
          "rendezvous.lost",
          "worker=" + lost.worker() + " left round=" + round + ": " + lost.reason());
      if (group.isEmpty()) {
        openNextRound("all members are gone", fx);
      }
    }
  }

  /**
   * Everybody who waits takes part with the time of the opening, the former members as they come
   * back.
   */
  private void openNextRound(String reason, Effects<Event> fx) {
    Arrivals next = Arrivals.open(fx.nowNs(), group);
    for (WorkerId worker : Rendezvous.standby(arrivals, group)) {
      next = next.with(worker, arrivals.present().get(worker).domain(), fx.nowNs());
    }
    arrivals = cooldown.applyTo(next);
    group = List.of();
    complete = false;
    round++;
    fx.note("rendezvous.opened", "round=" + round + ": " + reason);
  }

  private void decide(Effects<Event> fx) {
    switch (Rendezvous.decide(arrivals, policy, fx.nowNs())) {
      case Decision.Wait(long afterNs, String reason) -> {
        fx.note("rendezvous.waiting", reason);
        if (afterNs != Long.MAX_VALUE) {
          fx.timer(RECHECK, afterNs, new Recheck(round));
        }
      }
      case Decision.Form(List<WorkerId> workers, String reason) -> form(workers, reason, fx);
      case Decision.GiveUp(String reason) -> close(reason, fx);
    }
  }

  private void form(List<WorkerId> workers, String reason, Effects<Event> fx) {
    fx.cancel(RECHECK);
    fx.note("rendezvous.formed", "round=" + round + ": " + reason);
    List<WorkerId> standby = Rendezvous.standby(arrivals, workers);
    group = workers;
    complete = true;
    for (int rank = 0; rank < workers.size(); rank++) {
      answer(requests.remove(workers.get(rank)), new Placed(round, rank, workers), fx);
    }
    for (int place = 0; place < standby.size(); place++) {
      answer(requests.get(standby.get(place)), new Standby(round, workers.size() + place), fx);
    }
  }

  /** Nobody is left waiting: who stood by may go, who needed a group is told why there is none. */
  private void close(String reason, Effects<Event> fx) {
    if (arrivals.isClosed()) {
      return;
    }
    boolean needless = complete;
    new ArrayList<>(requests.values())
        .forEach(id -> answer(id, needless ? new Dismissed(reason) : new Refused(reason), fx));
    requests.clear();
    fx.cancel(RECHECK);
    fx.note("rendezvous.closed", reason);
    arrivals = arrivals.closed(reason);
  }

  private static void answer(long requestId, Reply reply, Effects<Event> fx) {
    fx.perform(new Answer(requestId, reply));
  }
}
