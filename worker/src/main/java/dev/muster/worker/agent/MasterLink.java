package dev.muster.worker.agent;

import dev.muster.protocol.Generation;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Buggify;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import java.util.ArrayList;
import java.util.List;

/**
 * The agent's side of its conversation with the master: who it is, whether it may be obeyed, the
 * lease.
 *
 * <p>What must not be lost (ends and results of workers) is kept while there is no master and told
 * after its welcome; everything else the master learns from the registration.
 */
final class MasterLink {
  private static final int MAX_KEPT = 1024;

  private final AgentSettings settings;
  private final List<ToMaster> kept = new ArrayList<>();
  private ToAgent.Welcome welcome; // null before the first master
  private boolean up;
  private boolean registered; // on this link: what a later look shows may be older than its orders
  private boolean welcomed;
  private Generation seen = Generation.NONE;
  private Lease lease; // null before the first welcome
  private long registeredAtNs;
  private long sequence;

  MasterLink(AgentSettings settings) {
    this.settings = settings;
  }

  void up() {
    up = true;
    registered = false;
    welcomed = false;
  }

  void down(Effects<AgentEvent> fx) {
    up = false;
    welcomed = false;
    fx.cancel(AgentEvent.Timer.BEAT.name());
    awaitMaster(fx);
  }

  /** From now on a master must welcome this agent in time. */
  void awaitMaster(Effects<AgentEvent> fx) {
    long leaseNs = lease == null ? 0 : Math.max(0, lease.deadlineNs() - fx.nowNs());
    var due = new AgentEvent.Due(AgentEvent.Timer.RECONNECT);
    fx.timer(due.key(), leaseNs + settings.reconnectNs(), due);
  }

  void register(
      List<ToMaster.WorkerReport> workers,
      List<ToMaster.Snapshot> snapshots,
      Effects<AgentEvent> fx) {
    if (up && !registered) {
      registered = true;
      registeredAtNs = fx.nowNs();
      fx.send(
          PeerId.MASTER,
          new ToMaster.Register(
              settings.node(),
              settings.incarnation(),
              settings.host(),
              settings.slots(),
              seen,
              workers,
              snapshots,
              settings.bulk(),
              settings.domains(),
              settings.machine()));
    }
  }

  /**
   * @return whether this master may be obeyed: its incarnation is not older than one obeyed before
   */
  boolean welcome(ToAgent.Welcome from, Effects<AgentEvent> fx) {
    if (welcome != null && from.masterIncarnation() < welcome.masterIncarnation()) {
      refuse(
          Generation.NONE,
          "welcome of an older master: expected at least incarnation="
              + welcome.masterIncarnation()
              + " actual="
              + from.masterIncarnation(),
          fx);
      return false;
    }
    welcome = from;
    welcomed = true;
    fx.cancel(AgentEvent.Timer.RECONNECT.name());
    long leaseNs = fx.buggified(Buggify.LEASE_SHORT, 0) ? from.leaseNs() * 2 / 3 : from.leaseNs();
    renew(Lease.granted(registeredAtNs, leaseNs), fx); // its terms hold, also when they are shorter
    kept.forEach(m -> fx.send(PeerId.MASTER, m));
    kept.clear();
    return true;
  }

  void beat(ToMaster.NodeDigest digest, Effects<AgentEvent> fx) {
    if (welcomed) {
      lease = lease.sent(digest.sequence(), fx.nowNs());
      fx.send(PeerId.MASTER, new ToMaster.Beat(List.of(digest)));
    }
  }

  void acknowledged(long beatSequence, Effects<AgentEvent> fx) {
    Lease longer = lease.acknowledged(beatSequence);
    if (longer.deadlineNs() - lease.deadlineNs() > 0) {
      renew(longer, fx);
    } else {
      lease = longer;
    }
  }

  private void renew(Lease next, Effects<AgentEvent> fx) {
    lease = next;
    fx.perform(new AgentAction.RenewLease(lease.deadlineNs()));
    armLease(fx);
  }

  void armLease(Effects<AgentEvent> fx) {
    var due = new AgentEvent.Due(AgentEvent.Timer.LEASE);
    fx.timer(due.key(), Math.max(0, lease.deadlineNs() - fx.nowNs()), due);
  }

  boolean leaseExpired(Effects<AgentEvent> fx) {
    return lease != null && lease.expired(fx.nowNs());
  }

  /** Sends, or keeps for the next master what must not be lost. */
  void tell(ToMaster message, Effects<AgentEvent> fx) {
    if (welcomed) {
      fx.send(PeerId.MASTER, message);
      if (fx.buggified(Buggify.REPORT_TWICE, 0)) {
        fx.send(PeerId.MASTER, message);
      }
    } else if (message instanceof ToMaster.WorkerReady
        || message instanceof ToMaster.WorkerExited
        || message instanceof ToMaster.WorkerFinished) {
      kept.add(message);
      if (kept.size() > MAX_KEPT) {
        kept.removeFirst();
      }
    }
  }

  void refuse(Generation generation, String what, Effects<AgentEvent> fx) {
    fx.note(
        "agent.refused",
        "refused an order: generation=" + generation + " seen=" + seen + " order=" + what);
    if (up) {
      fx.send(PeerId.MASTER, new ToMaster.Refused(settings.node(), generation, seen, what));
    }
  }

  /** Whether an order of this generation is still current; from now on older ones are not. */
  boolean admit(Generation generation) {
    if (generation.isBefore(seen)) {
      return false;
    }
    seen = generation;
    return true;
  }

  Generation seen() {
    return seen;
  }

  boolean welcomed() {
    return welcomed;
  }

  boolean isUp() {
    return up;
  }

  /** Terms of the newest master obeyed; null before the first. */
  ToAgent.Welcome terms() {
    return welcome;
  }

  long nextSequence() {
    return ++sequence;
  }
}
