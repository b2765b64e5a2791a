package dev.muster.master.job;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The store at which the ranks of a plain group meet: each generation has one of its own, served by
 * the agent on the node of rank 0, so that no rank of a former one is taken for one of this.
 */
final class CommandStore {
  /** Opening a port takes a millisecond; agents may be busy. */
  static final long OPEN_NS = 10_000_000_000L;

  private static final long RETRY_NS = 1_000_000_000L;
  private static final int DOUBLINGS_MAX = 5;
  private static final String TIMER = "store";

  private final JobState state;
  private int failures; // since one was open
  private long nextNs;

  CommandStore(JobState state) {
    this.state = state;
  }

  /** Whether an agent serves it; otherwise rank 0 does. */
  boolean wanted() {
    return state.config.job().worker().store() == JobSpec.Store.AGENT;
  }

  /** How long the next try has to wait, ns; 0: no time. */
  long heldBackNs(long nowNs) {
    return failures == 0 ? 0 : Math.max(0, nextNs - nowNs);
  }

  void open(Effects<JobEvent> fx) {
    var generation = state.group().generation();
    state.detail("node " + node() + " opens the store of generation " + generation, fx);
    state.order(
        fx, node(), new ToAgent.OpenStore(generation, state.group().worldSize(), otherHosts()));
    fx.timer(TIMER, OPEN_NS, new JobEvent.Overdue(generation, JobEvent.Wait.STORE));
  }

  private NodeId node() {
    return state.group().members().getFirst().worker().node();
  }

  private List<String> otherHosts() {
    return state.group().nodes().stream()
        .filter(other -> !other.equals(node()))
        .map(other -> state.fleet.node(other).bulk())
        .filter(bulk -> !bulk.isEmpty())
        .map(bulk -> bulk.substring(0, bulk.lastIndexOf(':')))
        .distinct()
        .sorted()
        .toList();
  }

  /** Whether it is what is waited for; a store that nobody waits for any more is closed. */
  boolean expected(ToMaster.StoreOpened opened, Effects<JobEvent> fx) {
    boolean current = opening(opened.generation());
    if (current) {
      fx.cancel(TIMER);
    } else if (opened.problem().isEmpty() && !serves(opened.generation())) {
      state.order(fx, opened.node(), new ToAgent.CloseStore(opened.generation()));
    }
    return current;
  }

  boolean opening(Generation generation) {
    return state.phase == JobState.Phase.JOINING && generation.equals(state.group().generation());
  }

  private boolean serves(Generation generation) {
    return state.phase == JobState.Phase.TRAINING && generation.equals(state.group().generation());
  }

  void opened() {
    failures = 0;
  }

  /** What happened and what to do; the next try waits, longer each time. */
  String failed(String problem, long nowNs) {
    nextNs = nowNs + (RETRY_NS << Math.min(failures, DOUBLINGS_MAX));
    failures++;
    return ("generation %s cannot begin: node %s did not open the store at which its %d ranks meet:"
            + " %s; another generation tries again; should it go on, let rank 0 serve the store:"
            + " --store trainer")
        .formatted(state.group().generation(), node(), state.group().worldSize(), problem);
  }

  /** Its ranks are gone, or nobody hears of them. */
  void close(Effects<JobEvent> fx) {
    fx.cancel(TIMER);
    if (wanted() && !state.group().isEmpty() && state.fleet.node(node()).usable()) {
      state.order(fx, node(), new ToAgent.CloseStore(state.group().generation()));
    }
  }

  void missing(ToMaster.RanksMissing told, Effects<JobEvent> fx) {
    if (serves(told.generation())) {
      fx.note("ranks.missing", text(told));
    }
  }

  private String text(ToMaster.RanksMissing told) {
    String who =
        told.missing().isEmpty() ? "which are missing cannot be told" : "missing " + byNode(told);
    String waiting = told.waiting().isEmpty() ? "" : "; connections wait: " + told.waiting();
    return "generation %s: %d of %d ranks joined, %s, %d s%s"
        .formatted(
            told.generation(),
            told.joined(),
            state.group().worldSize(),
            who,
            told.sinceNs() / 1_000_000_000L,
            waiting);
  }

  private String byNode(ToMaster.RanksMissing told) {
    var members = state.group().members();
    var ranks =
        told.missing().stream()
            .filter(rank -> rank >= 0 && rank < members.size())
            .collect(
                Collectors.groupingBy(
                    rank -> members.get(rank).worker().node().name(),
                    TreeMap::new,
                    Collectors.mapping(String::valueOf, Collectors.joining(", "))));
    return ranks.entrySet().stream()
        .map(e -> e.getValue() + " (node " + e.getKey() + ")")
        .collect(Collectors.joining(", "));
  }
}
