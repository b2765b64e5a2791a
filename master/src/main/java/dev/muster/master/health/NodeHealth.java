package dev.muster.master.health;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.RecurringMap;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.PriorityQueue;

/**
 * Failure detector of nodes: last beat, state of the link, lease. One rule, {@link #judge}, is a
 * pure function; around it is a schedule of when each node must be looked at again, so that a beat
 * costs a map access and {@link #decide} touches only the nodes whose time has come.
 *
 * <p>Not a detector of workers: process exit and step counters are. Used by one thread, its owner's
 * core. Times are monotonic ns of the master's clock.
 */
public final class NodeHealth {

  /**
   * @param beatTimeoutNs silence after which a node is dead; too short: false verdicts on a loaded
   *     machine, too long: a silent loss is noticed late
   * @param reconnectNs the same for a node whose link has ended: how long it may take to come back
   * @param leaseNs how long the ranks of a node go on without a renewed lease
   * @param driftNs bound on how much later than the master an agent may see its lease end; too
   *     small: two generations could step
   */
  public record Policy(long beatTimeoutNs, long reconnectNs, long leaseNs, long driftNs) {
    private static final int FORGET_TIMEOUTS = 10;

    public Policy {
      if (beatTimeoutNs < 1 || reconnectNs < 1 || leaseNs < 1 || driftNs < 0) {
        throw new IllegalArgumentException(
            "bad health policy: beatTimeoutNs="
                + beatTimeoutNs
                + " leaseNs="
                + leaseNs
                + " driftNs="
                + driftNs
                + "; needed is timeout and lease > 0, drift >= 0");
      }
    }

    long silenceNs(boolean linked) {
      return linked ? beatTimeoutNs : Math.min(reconnectNs, beatTimeoutNs);
    }

    long fencedAfterNs() {
      return leaseNs + driftNs;
    }

    /** Silence after which nothing is remembered of a node. */
    public long forgottenAfterNs() {
      return FORGET_TIMEOUTS * beatTimeoutNs;
    }
  }

  /**
   * What is known of a node.
   *
   * @param lastHeardNs when its last beat, or its registration, was received
   * @param leasedNs when the last renewal of its lease was granted; its ranks stop one lease after
   *     it at the latest
   * @param linked its link is open
   */
  public record Sighting(long lastHeardNs, long leasedNs, boolean linked) {}

  /**
   * @param state empty once the node is forgotten
   * @param recheckAtNs when the state may change if nothing is heard; empty for never
   */
  public record Judgement(Optional<NodeState> state, OptionalLong recheckAtNs, String reason) {}

  /**
   * @param to empty when the node was forgotten, which includes that it is dead and fenced: a late
   *     look may skip states
   */
  public record Change(NodeId node, NodeState from, Optional<NodeState> to, String reason) {}

  /**
   * @param recheckAtNs when to decide again if nothing is heard; empty without nodes, or when all
   *     are regular ({@link LastHeard.OfNode#isRegular})
   */
  public record Decision(List<Change> changes, OptionalLong recheckAtNs) {}

  /** What is recorded of a node; reused, so that a beat and a look allocate nothing. */
  private static final class Entry {
    private final NodeId node;
    private final LastHeard.OfNode heard;
    private long lastHeardNs;
    private long leasedNs;
    private boolean linked;
    private NodeState state = NodeState.UP;
    private Due due;

    Entry(NodeId node, LastHeard.OfNode heard) {
      this.node = node;
      this.heard = heard;
    }
  }

  /** When to look at a node; void once the node has another. */
  private static final class Due {
    private final Entry entry;
    private long atNs;
    private boolean unscheduled; // as long as its node is regular

    Due(Entry entry, long atNs) {
      this.entry = entry;
      this.atNs = atNs;
    }

    boolean isVoid() {
      return entry.due != this;
    }
  }

  private static final Comparator<Due> EARLIEST =
      (a, b) ->
          a.atNs != b.atNs ? Long.compare(a.atNs, b.atNs) : a.entry.node.compareTo(b.entry.node);

  private final Policy policy;
  private final LastHeard lastHeard;
  private final RecurringMap<NodeId, Entry> entries = new RecurringMap<>();
  private final PriorityQueue<Due> schedule = new PriorityQueue<>(EARLIEST);

  public NodeHealth(Policy policy) {
    this(policy, LastHeard.RECORDED);
  }

  /**
   * @param lastHeard asked whenever it matters when a node was heard of
   */
  public NodeHealth(Policy policy, LastHeard lastHeard) {
    this.policy = policy;
    this.lastHeard = lastHeard;
  }

  /** The whole rule, first match wins: up, suspect, dead, fenced, forgotten. */
  public static Judgement judge(Sighting sighting, Policy policy, long nowNs) {
    long silentNs = nowNs - sighting.lastHeardNs();
    long allowedNs = policy.silenceNs(sighting.linked());
    if (silentNs <= allowedNs) {
      long limitNs = sighting.lastHeardNs() + allowedNs;
      return sighting.linked()
          ? judged(NodeState.UP, limitNs, "beats")
          : judged(NodeState.SUSPECT, limitNs, "link closed by the other end");
    }
    long unleasedNs = nowNs - sighting.leasedNs();
    if (unleasedNs <= policy.fencedAfterNs()) {
      return judged(
          NodeState.DEAD,
          sighting.leasedNs() + policy.fencedAfterNs(),
          "no beat: timeoutNs=" + allowedNs + " silentNs=" + silentNs);
    }
    if (silentNs <= policy.forgottenAfterNs()) {
      return judged(
          NodeState.FENCED,
          sighting.lastHeardNs() + policy.forgottenAfterNs(),
          "lease and drift are over: leaseNs="
              + policy.leaseNs()
              + " driftNs="
              + policy.driftNs()
              + " unleasedNs="
              + unleasedNs);
    }
    return new Judgement(Optional.empty(), OptionalLong.empty(), "forgotten: silentNs=" + silentNs);
  }

  /**
   * Limits are inclusive (silent for exactly the timeout is alive), so the next look is 1 ns after
   * them.
   */
  private static Judgement judged(NodeState state, long lastGoodNs, String reason) {
    return new Judgement(Optional.of(state), OptionalLong.of(lastGoodNs + 1), reason);
  }

  /** A beat, a registration or any other message came over the node's link. */
  public void heard(NodeId node, long nowNs) {
    Entry entry = entries.get(node);
    if (entry == null) {
      entry = new Entry(node, lastHeard.of(node));
      entry.leasedNs = nowNs;
      entry.lastHeardNs = nowNs;
      entries.put(node, entry);
    }
    // a world that left a beat out may tell of it after later messages
    entry.lastHeardNs = Math.max(entry.lastHeardNs, nowNs);
    entry.linked = true;
    if (entry.state != NodeState.UP) {
      entry.state = NodeState.SUSPECT; // dead again before the next look, it is told again
    }
    seen(entry, nowNs);
  }

  /**
   * The lease of the node is renewed by a message sent now. A node that is fenced is not so any
   * more: renew only after a beat.
   */
  public void leased(NodeId node, long nowNs) {
    Entry entry = entries.get(node);
    if (entry != null) {
      entry.leasedNs = nowNs;
      seen(entry, nowNs);
    }
  }

  /** The node's link reached its end of file. */
  public void closed(NodeId node, long nowNs) {
    Entry entry = entries.get(node);
    if (entry != null) {
      entry.linked = false;
      seen(entry, nowNs);
    }
  }

  /** The node left in order, with all its ranks ended: forgets it at once. */
  public void left(NodeId node) {
    Entry entry = entries.remove(node);
    if (entry != null) {
      entry.due = null;
    }
  }

  /**
   * Judges the nodes whose time has come; the others are as they were. Changes come in order of the
   * nodes' ids: when each was looked at depends on when it was looked at before, which means
   * nothing.
   */
  public Decision decide(long nowNs) {
    var changes = new ArrayList<Change>();
    var next = next();
    for (; next != null && next.atNs <= nowNs; next = next()) {
      look(schedule.poll(), nowNs, changes);
    }
    changes.sort(Comparator.comparing(Change::node));
    return new Decision(
        List.copyOf(changes), next == null ? OptionalLong.empty() : OptionalLong.of(next.atNs));
  }

  /** The next look at any node; null when there is none. */
  private Due next() {
    while (!schedule.isEmpty() && schedule.peek().isVoid()) {
      schedule.poll();
    }
    return schedule.peek();
  }

  /** State as of the last decision; empty for a node never heard of or forgotten. */
  public Optional<NodeState> state(NodeId node) {
    return Optional.ofNullable(entries.get(node)).map(entry -> entry.state);
  }

  public Optional<Sighting> sighting(NodeId node) {
    return Optional.ofNullable(entries.get(node)).map(this::sighting);
  }

  public int size() {
    return entries.size();
  }

  /**
   * From when on ranks of {@code node} cannot be running any more, whether or not it acknowledged;
   * empty if unknown here.
   */
  public OptionalLong safeAtNs(NodeId node) {
    Entry entry = entries.get(node);
    return entry == null
        ? OptionalLong.empty()
        : OptionalLong.of(leasedNs(entry) + policy.leaseNs() + policy.driftNs());
  }

  private Sighting sighting(Entry entry) {
    return new Sighting(lastHeardNs(entry), leasedNs(entry), entry.linked);
  }

  private long lastHeardNs(Entry entry) {
    return entry.heard.lastHeardNs(entry.lastHeardNs);
  }

  private long leasedNs(Entry entry) {
    return entry.heard.leasedNs(entry.leasedNs);
  }

  /**
   * News of a node that is up and stays so only postpones its deadline: the schedule finds that out
   * when the old one comes.
   */
  private void seen(Entry entry, long nowNs) {
    if (entry.due == null || entry.state != NodeState.UP || !entry.linked) {
      entry.due = new Due(entry, nowNs);
      schedule.add(entry.due);
    }
  }

  /**
   * @param due taken out of the schedule
   */
  private void look(Due due, long nowNs, List<Change> changes) {
    var entry = due.entry;
    if (!staysUp(due, nowNs)) {
      var judgement = judge(sighting(entry), policy, nowNs);
      if (!judgement.state().equals(Optional.of(entry.state))) {
        changes.add(new Change(entry.node, entry.state, judgement.state(), judgement.reason()));
      }
      if (judgement.state().isEmpty()) {
        entries.remove(entry.node);
      } else {
        entry.state = judgement.state().get();
        again(due, judgement.recheckAtNs().getAsLong());
      }
    }
  }

  /** What {@link #judge} says of nearly every node, without asking for its lease. */
  private boolean staysUp(Due due, long nowNs) {
    var entry = due.entry;
    long limitNs = lastHeardNs(entry) + policy.silenceNs(true);
    boolean stays = entry.state == NodeState.UP && entry.linked && nowNs <= limitNs;
    if (stays) {
      due.unscheduled = entry.heard.isRegular(() -> lookAgain(due));
      if (!due.unscheduled) {
        again(due, limitNs + 1);
      }
    }
    return stays;
  }

  /** Its node was regular; it may be told so more than once. */
  private void lookAgain(Due due) {
    if (due.unscheduled && !due.isVoid()) {
      due.unscheduled = false;
      again(due, due.atNs);
    }
  }

  private void again(Due due, long atNs) {
    due.atNs = atNs;
    schedule.add(due);
  }
}
