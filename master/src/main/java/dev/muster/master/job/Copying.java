package dev.muster.master.job;

import dev.muster.master.checkpoint.Interval.Tier;
import dev.muster.master.checkpoint.Placement;
import dev.muster.master.checkpoint.Site;
import dev.muster.master.checkpoint.Survival;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Copies the snapshots of a sharded state to the memory of other nodes, placed across failure
 * domains: a new round of copies every so often, to the same nodes as long as the group stays. Of a
 * replicated state every node has the whole one anyway.
 *
 * <p>A node keeps a copy of its own snapshot, too: while the next round is under way it saves later
 * steps, which the copies of a lost node do not go with.
 */
final class Copying implements Rounds.Port {
  private final JobState state;
  private final Rounds rounds;
  private Placement placement; // null before the first group that has peers
  private Map<NodeId, List<NodeId>> holders = Map.of();
  private int completed; // rounds of this generation

  Copying(JobState state) {
    this.state = state;
    this.rounds = new Rounds(state, this);
  }

  Rounds rounds() {
    return rounds;
  }

  private JobSpec.Checkpoint settings() {
    return state.config.job().checkpoint();
  }

  /** The group trains; who holds whose copies is settled for it. */
  void start(Effects<JobEvent> fx) {
    completed = 0;
    place(fx);
    rounds.start(fx);
  }

  private void place(Effects<JobEvent> fx) {
    var sites = settings().copied() && state.sharded ? sites() : List.<Site>of();
    if (sites.size() < 2) {
      holders = Map.of();
      return;
    }
    int layers = sites.getFirst().domains().size();
    var names = IntStream.range(0, layers).mapToObj(layer -> "layer-" + layer).toList();
    boolean same = placement != null && placement.separation().size() == layers;
    placement =
        same
            ? placement.next(sites)
            : Placement.start(new Placement.Policy(settings().copies(), names), sites);
    holders = placement.holders();
    fx.note(
        "copies.placed",
        "%s; all snapshots survive the loss of any 2 nodes with probability %.6f"
            .formatted(
                placement.reason(),
                Survival.of(placement, Math.min(2, sites.size())).probability()));
  }

  /** Nodes of the group that take copies; domains count only where all tell as many. */
  private List<Site> sites() {
    var nodes = state.group().nodes().stream().map(state.fleet::node).toList();
    var able = nodes.stream().filter(node -> !node.bulk().isEmpty()).toList();
    boolean even = able.stream().map(node -> node.domains().size()).distinct().count() == 1;
    return able.stream().map(node -> new Site(node.id, even ? node.domains() : List.of())).toList();
  }

  @Override
  public String name() {
    return "copies";
  }

  @Override
  public long intervalNs() {
    return holders.isEmpty() ? 0 : settings().copyNs();
  }

  @Override
  public Tier tier() {
    return Tier.MEMORY;
  }

  @Override
  public JobEvent due() {
    return new JobEvent.CopyDue();
  }

  @Override
  public void order(Generation generation, long step, Effects<JobEvent> fx) {
    for (var node : state.group().nodes()) {
      state.order(fx, node, new ToAgent.Copy(generation, step, peers(node), completed));
    }
  }

  private List<ToAgent.Peer> peers(NodeId node) {
    return holders.getOrDefault(node, List.of()).stream()
        .map(holder -> state.fleet.node(holder).peerAddress())
        .toList();
  }

  @Override
  public void sent(Rounds.Round round, Effects<JobEvent> fx) {
    completed++;
    fx.note(
        "copies.complete",
        "step %d of generation %s has %d copies, %.1f s after it was ordered"
            .formatted(round.step(), round.generation(), placement.copies(), rounds.end(fx)));
  }
}
