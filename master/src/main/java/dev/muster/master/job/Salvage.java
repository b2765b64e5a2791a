package dev.muster.master.job;

import dev.muster.master.checkpoint.CheckpointLedger.Point;
import dev.muster.master.checkpoint.Division;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Brings the newest state that lies whole in the memory of nodes to storage before a job ends
 * without its last step: agents that end take their snapshots along. One step for all ranks,
 * committed once each of its shards is there, and never waited for beyond a limit (DLRover's save
 * at breakpoint).
 *
 * <pre>
 *   idle     the job ends             census   no member commits further; nodes tell what they hold
 *   census   all told, or too late    writing  the newest whole state that storage lacks; none: over
 *   writing  all shards are there     commit
 *   writing  a node fails             writing  its shards by other holders; without: the next state
 *   commit   done, or failed          writing  another state, or over
 *   writing  no state is left         pause    a storage that failed may work again; or over
 *   pause    it is over               writing  all that is not on storage once more
 *   any      the limit, asked again   over
 * </pre>
 */
final class Salvage {
  private static final String LIMIT = "salvage";
  private static final String CENSUS = "salvage/census";
  private static final String PAUSE = "salvage/pause";

  /** Twice as long each time: 15 s in all. Hosts that wait cost more than the last steps. */
  private static final int PAUSES = 4;

  private static final long FIRST_PAUSE_NS = 1_000_000_000L;

  /**
   * @param cuts to be written, and what they are taken from
   */
  private record Order(NodeId node, List<ToAgent.Cut> cuts) {}

  private final JobState state;
  private final Consumer<Effects<JobEvent>> over;
  private final TreeSet<Point> tried = new TreeSet<>();
  private final SortedMap<Point, TreeSet<NodeId>> failed = new TreeMap<>(); // since the last pause
  private int pauses;
  private boolean paused;
  private final SortedMap<Long, Order> open = new TreeMap<>();
  private Revocation asked; // null: nothing is saved now
  private long limitNs;
  private boolean censusOver;
  private Point point; // on its way; null: none
  private int shards;
  private BitSet written = new BitSet();
  private long orders;
  private NodeId committer; // null before all is written

  /**
   * @param over told once, when nothing more is to be saved
   */
  Salvage(JobState state, Consumer<Effects<JobEvent>> over) {
    this.state = state;
    this.over = over;
  }

  /** Whether there may be something to save. */
  boolean possible() {
    var job = state.config.job();
    return job.worker().managed() && job.checkpoint().persists() && !state.group().isEmpty();
  }

  void begin(long withinNs, Effects<JobEvent> fx) {
    limitNs = withinNs;
    resume(fx);
  }

  /** Also after a change of masters, whose timers are gone: what nodes were told may be lost. */
  void resume(Effects<JobEvent> fx) {
    asked = new Revocation(state.group(), state.fleet);
    censusOver = false;
    paused = false;
    fx.timer(LIMIT, limitNs, new JobEvent.SalvageOverdue());
    fx.timer(CENSUS, state.config.nodeTimeoutNs(), new JobEvent.CensusOverdue());
    state.group().nodes().forEach(node -> ask(node, fx));
    goOn(fx);
  }

  private void ask(NodeId node, Effects<JobEvent> fx) {
    if (state.group().spans(node) && state.fleet.node(node).usable()) {
      state.order(fx, node, new ToAgent.Revoke(state.group().generation(), "the job ends"));
    }
  }

  /** What the node holds is known. */
  void revoked(ToMaster.Revoked revoked, Effects<JobEvent> fx) {
    if (asked != null && revoked.generation().equals(state.group().generation())) {
      asked.acknowledged().add(revoked.node());
      goOn(fx);
    }
  }

  void censusOverdue(Effects<JobEvent> fx) {
    censusOver = true;
    goOn(fx);
  }

  private void goOn(Effects<JobEvent> fx) {
    if (asked != null && point == null && (censusOver || asked.answered())) {
      next(fx);
    }
  }

  private void next(Effects<JobEvent> fx) {
    point = null;
    committer = null;
    open.clear();
    for (var candidate : state.checkpoints.unstored()) {
      if (!tried.contains(candidate) && begins(candidate, fx)) {
        return;
      }
    }
    boolean failedNewer = state.checkpoints.unstored().stream().anyMatch(failed::containsKey);
    if (failedNewer && pauses < PAUSES) {
      pause(fx);
    } else if (!paused) {
      end(fx);
    }
  }

  /** What was tried is tried again, newest first: an older state may be on storage by now. */
  private void pause(Effects<JobEvent> fx) {
    if (paused) {
      return;
    }
    paused = true;
    long ns = FIRST_PAUSE_NS << pauses++;
    fx.note(
        "salvage.pause",
        "nothing newer got to storage; once more in %d s (%d of %d)"
            .formatted(ns / FIRST_PAUSE_NS, pauses, PAUSES));
    fx.timer(PAUSE, ns, new JobEvent.SalvageRetry());
  }

  void retry(Effects<JobEvent> fx) {
    paused = false;
    tried.removeAll(failed.keySet());
    failed.clear();
    goOn(fx);
  }

  private boolean begins(Point candidate, Effects<JobEvent> fx) {
    var holders = holders(candidate);
    var cuts = Division.of(holders, state.sharded, new BitSet());
    cuts.ifPresent(all -> {
      tried.add(candidate);
      point = candidate;
      shards = Division.shards(holders);
      written = new BitSet();
      fx.note(
          "salvage.begun",
          "step %d of generation %s goes from the memory of %d nodes to storage before the job ends"
              .formatted(point.step(), point.generation(), all.size()));
      order(all, fx);
    });
    return cuts.isPresent();
  }

  private SortedMap<NodeId, List<ToMaster.Snapshot>> holders(Point of) {
    var holders = state.checkpoints.holders(of);
    var without = failed.getOrDefault(of, new TreeSet<>());
    holders.keySet().removeIf(node -> without.contains(node) || !state.fleet.node(node).usable());
    return holders;
  }

  private void order(SortedMap<NodeId, List<ToAgent.Cut>> cuts, Effects<JobEvent> fx) {
    cuts.forEach((node, ofNode) -> {
      open.put(++orders, new Order(node, ofNode));
      send(orders, fx);
    });
  }

  private void send(long number, Effects<JobEvent> fx) {
    var order = open.get(number);
    state.order(
        fx,
        order.node(),
        new ToAgent.Salvage(number, point.generation(), point.step(), shards, order.cuts()));
  }

  void salvaged(ToMaster.Salvaged message, Effects<JobEvent> fx) {
    var order = open.remove(message.order());
    if (order == null) {
      return; // of a state that was given up, or told again
    }
    if (message.problem().isEmpty()) {
      order.cuts().forEach(cut -> written.set(cut.shard()));
      considerWritten(fx);
    } else {
      fx.note(
          "salvage.unwritten",
          "node %s cannot write its shards of step %d: %s"
              .formatted(message.node(), point.step(), message.problem()));
      failedAt(message.node());
      divideRest(fx);
    }
  }

  private void failedAt(NodeId node) {
    failed.computeIfAbsent(point, p -> new TreeSet<>()).add(node);
  }

  private void considerWritten(Effects<JobEvent> fx) {
    if (written.cardinality() == shards) {
      commit(fx);
    }
  }

  /** What nobody writes any more goes to other holders; a state that has none is given up. */
  private void divideRest(Effects<JobEvent> fx) {
    var settled = (BitSet) written.clone();
    open.values().forEach(order -> order.cuts().forEach(cut -> settled.set(cut.shard())));
    var cuts = Division.of(holders(point), state.sharded, settled);
    if (cuts.isPresent()) {
      order(cuts.get(), fx);
    } else {
      giveUp("not all of its shards are left", fx);
    }
  }

  private void giveUp(String why, Effects<JobEvent> fx) {
    fx.note(
        "salvage.failed",
        "step %d of generation %s does not get to storage: %s"
            .formatted(point.step(), point.generation(), why));
    next(fx);
  }

  /** By any node: each sees the storage. */
  private void commit(Effects<JobEvent> fx) {
    committer =
        state.fleet.nodes().stream()
            .filter(Fleet.Node::usable)
            .findFirst()
            .map(node -> node.id)
            .orElse(null);
    if (committer != null) {
      state.order(
          fx, committer, new ToAgent.CommitCheckpoint(point.generation(), point.step(), shards));
    }
  }

  /** The ledger knows it already; also one that was ordered before the job was to end. */
  void committed(ToMaster.CheckpointCommitted message, Effects<JobEvent> fx) {
    if (point == null || !point.equals(new Point(message.step(), message.generation()))) {
      return;
    }
    if (message.problem().isEmpty()) {
      next(fx);
    } else if (committer != null) {
      failedAt(message.node());
      giveUp("node %s: %s".formatted(message.node(), message.problem()), fx);
    }
  }

  /** What it was told, or has told, may have been lost with its link. */
  void nodeBack(NodeId node, Effects<JobEvent> fx) {
    if (asked == null) {
      return;
    }
    ask(node, fx);
    if (point != null && committer == null && written.cardinality() < shards) {
      holdsStill(node, fx);
    } else if (point != null && (committer == null || committer.equals(node))) {
      commit(fx);
    }
  }

  private void holdsStill(NodeId node, Effects<JobEvent> fx) {
    var held = holders(point).getOrDefault(node, List.of());
    var orders = numbers(node);
    boolean all =
        orders.stream()
            .flatMap(number -> open.get(number).cuts().stream())
            .allMatch(cut -> held.stream().anyMatch(s -> s.shard() == cut.snapshot()));
    if (all) {
      orders.forEach(number -> send(number, fx));
    } else {
      orders.forEach(open::remove);
      divideRest(fx);
    }
  }

  private List<Long> numbers(NodeId node) {
    return open.entrySet().stream()
        .filter(e -> e.getValue().node().equals(node))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** It is given up, and its memory with it. */
  void nodeGone(NodeId node, Effects<JobEvent> fx) {
    if (asked == null) {
      return;
    }
    var orders = numbers(node);
    orders.forEach(open::remove);
    if (point == null) {
      goOn(fx);
    } else if (!orders.isEmpty()) {
      divideRest(fx);
    } else if (node.equals(committer)) {
      commit(fx);
    }
  }

  void overdue(Effects<JobEvent> fx) {
    if (asked != null) {
      fx.note(
          "salvage.overdue",
          "%s is not on storage after %.1f s, the job ends without it"
              .formatted(
                  point == null ? "what memory holds" : "step " + point.step(), limitNs / 1e9));
      end(fx);
    }
  }

  /** Nobody waits for it any longer. */
  void end(Effects<JobEvent> fx) {
    fx.cancel(LIMIT);
    fx.cancel(CENSUS);
    fx.cancel(PAUSE);
    forget();
    over.accept(fx);
  }

  /** Another end of the job may come to save again. */
  private void forget() {
    asked = null;
    point = null;
    committer = null;
    open.clear();
    tried.clear();
    failed.clear();
    pauses = 0;
    paused = false;
  }
}
