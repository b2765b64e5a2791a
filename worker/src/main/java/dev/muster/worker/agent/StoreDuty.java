package dev.muster.worker.agent;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import java.util.Map;
import java.util.stream.Collectors;

/** The store at which the plain commands of one generation meet, while this node serves it. */
final class StoreDuty {
  /** Interpreters take seconds to start; who has not come after this is told. */
  static final long PATIENCE_NS = 10_000_000_000L;

  private static final long PATIENCE_NS_MAX = 60_000_000_000L;
  private static final int KEYS_TOLD = 3;

  private final NodeId node;
  private final MasterLink link;
  private ToAgent.OpenStore order; // null: none is open or being opened
  private long openedNs;
  private long patienceNs;

  StoreDuty(NodeId node, MasterLink link) {
    this.node = node;
    this.link = link;
  }

  void open(ToAgent.OpenStore next, Effects<AgentEvent> fx) {
    if (next.equals(order)) {
      fx.note("store.opened", "is open already: generation=" + next.generation());
      return; // an order sent again
    }
    if (!link.admit(next.generation())) {
      link.refuse(next.generation(), "OpenStore", fx);
      return;
    }
    closeAny(fx);
    order = next;
    patienceNs = PATIENCE_NS;
    fx.perform(
        new AgentAction.OpenStore(next.generation().number(), next.worldSize(), next.hosts()));
  }

  void opened(AgentEvent.StoreOpened event, Effects<AgentEvent> fx) {
    if (!current(event.generation())) {
      return;
    }
    fx.note(
        "store.opened",
        "store: generation=%d endpoint=%s problem=%s"
            .formatted(event.generation(), event.endpoint(), event.problem()));
    link.tell(
        new ToMaster.StoreOpened(node, order.generation(), event.endpoint(), event.problem()), fx);
    openedNs = fx.nowNs();
    if (event.problem().isEmpty()) {
      lookLater(fx);
    } else {
      order = null;
    }
  }

  private boolean current(long generation) {
    return order != null && order.generation().number() == generation;
  }

  private void lookLater(Effects<AgentEvent> fx) {
    var due = new AgentEvent.Due(AgentEvent.Timer.STORE);
    fx.timer(due.key(), patienceNs, due);
  }

  void due(Effects<AgentEvent> fx) {
    if (order != null) {
      fx.perform(new AgentAction.LookAtStore(order.generation().number()));
    }
  }

  /** Nobody came: no user of c10d, or its ranks are still on their way. */
  void looked(AgentEvent.StoreLooked event, Effects<AgentEvent> fx) {
    if (!current(event.generation()) || event.joined() >= order.worldSize()) {
      return;
    }
    if (event.joined() > 0) {
      link.tell(
          new ToMaster.RanksMissing(
              node,
              order.generation(),
              event.joined(),
              event.missing(),
              words(event.waiting()),
              fx.nowNs() - openedNs),
          fx);
      patienceNs = Math.min(2 * patienceNs, PATIENCE_NS_MAX);
    }
    lookLater(fx);
  }

  private static String words(Map<String, Integer> waiting) {
    var text =
        waiting.entrySet().stream()
            .limit(KEYS_TOLD)
            .map(e -> e.getValue() + " for " + e.getKey())
            .collect(Collectors.joining(", "));
    int more = waiting.size() - KEYS_TOLD;
    return more > 0 ? text + " and " + more + " other keys" : text;
  }

  void close(ToAgent.CloseStore close, Effects<AgentEvent> fx) {
    if (current(close.generation().number())) {
      closeAny(fx);
    }
  }

  /** Ranks of a newer generation run. */
  void overtaken(Generation by, Effects<AgentEvent> fx) {
    if (order != null && order.generation().isBefore(by)) {
      closeAny(fx);
    }
  }

  void closeAny(Effects<AgentEvent> fx) {
    if (order != null) {
      fx.perform(new AgentAction.CloseStore(order.generation().number()));
      fx.cancel(AgentEvent.Timer.STORE.name());
      order = null;
    }
  }
}
