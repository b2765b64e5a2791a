package dev.muster.master.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.protocol.Group;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.CounterRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** What the fleet keeps count of, against a walk over all its workers, in random histories. */
class FleetTest {
  private static final int NODES = 4;
  private static final int SLOTS = 3;

  private Fleet fleet = new Fleet();
  private long seed;
  private int draws;

  private int draw(int bound) {
    return (int) CounterRandom.below(bound, CounterRandom.mix(seed, "fleet", 0, draws++));
  }

  @Test
  void givenAnyHistory_whenAsked_thenTheCountsAreThoseOfAWalk() {
    for (seed = 1; seed <= 100; seed++) {
      fleet = new Fleet();
      draws = 0;
      for (int event = 0; event < 200; event++) {
        happen(event);
        assertCounts("seed=" + seed + " event=" + event);
      }
    }
  }

  private void happen(int event) {
    var node = fleet.node(new NodeId("n" + draw(NODES)));
    var worker = anyWorker();
    switch (draw(10)) {
      case 0 -> fleet.registered(node, 1, SLOTS, event);
      case 1 -> fleet.unlink(node);
      case 2 -> fleet.giveUp(node);
      case 3, 4 -> fleet.add(new WorkerId(node.id, draw(2 * SLOTS)), event);
      case 5 -> worker.forEach(w -> fleet.ready(w, draw(4) > 0, event));
      case 6 -> worker.forEach(w -> fleet.holds(w, draw(4) - 1));
      case 7 -> worker.forEach(w -> fleet.finished(w, draw(2) > 0));
      case 8 -> worker.forEach(this::leave);
      default -> regroup();
    }
  }

  /** None or one. */
  private List<Fleet.Worker> anyWorker() {
    var all = fleet.workers(w -> true);
    return all.isEmpty() ? all : List.of(all.get(draw(all.size())));
  }

  private void leave(Fleet.Worker worker) {
    if (draw(2) == 0) {
      fleet.condemn(worker);
    } else {
      fleet.remove(worker.id);
    }
  }

  private void regroup() {
    var members = new ArrayList<Member>();
    for (var worker : fleet.workers(w -> draw(3) > 0)) {
      members.add(new Member(worker.id, members.size()));
    }
    fleet.regroup(new Group(new Generation(1), members));
  }

  private void assertCounts(String at) {
    var count = fleet.count();
    assertThat(count.all()).as(at).isEqualTo(walk(w -> true));
    assertThat(count.members()).as(at).isEqualTo(walk(Fleet.Worker::member));
    assertThat(count.survivors()).as(at).isEqualTo(walk(w -> w.member() && w.eligible()));
    assertThat(count.spares())
        .as(at)
        .isEqualTo(walk(w -> !w.member() && w.ready() && w.eligible()));
    assertThat(count.starting()).as(at).isEqualTo(walk(w -> w.eligible() && !w.ready()));
    assertThat(count.suspects()).as(at).isEqualTo(walk(Headcount::suspect));
    assertThat(count.finished()).as(at).isEqualTo(walk(Fleet.Worker::finished));
    assertThat(count.finishedMembers()).as(at).isEqualTo(walk(w -> w.member() && w.finished()));
    assertThat(count.open())
        .as(at)
        .isEqualTo(walk(w -> w.member() && !w.finished() && !w.condemned()));
    assertThat(fleet.survivors()).as(at).hasSize(count.survivors());
    assertNodes(at);
  }

  private void assertNodes(String at) {
    long newest =
        fleet.workers(Headcount::usableNow).stream()
            .mapToLong(Fleet.Worker::appliedStep)
            .max()
            .orElse(-1);
    assertThat(fleet.newestStep()).as(at).isEqualTo(newest);
    var usable = fleet.nodes().stream().filter(Fleet.Node::usable).toList();
    long withSpares = fleet.spares().stream().map(w -> w.node).distinct().count();
    assertThat(fleet.count().nodesWithSpares()).as(at).isEqualTo((int) withSpares);
    assertThat(fleet.usableNodes()).as(at).isEqualTo(usable.size());
    assertThat(fleet.earliestNs())
        .as(at)
        .isEqualTo(
            usable.stream().mapToLong(Fleet.Node::registeredNs).min().orElse(Long.MAX_VALUE));
    assertThat(fleet.roomiest(2))
        .as(at)
        .isEqualTo(
            usable.stream()
                .filter(n -> fleet.on(n).size() < Math.min(n.slots(), 2))
                .min(
                    Comparator.<Fleet.Node>comparingInt(n -> fleet.on(n).size())
                        .thenComparing(n -> n.id)));
  }

  private int walk(Predicate<Fleet.Worker> which) {
    return fleet.workers(which).size();
  }
}
