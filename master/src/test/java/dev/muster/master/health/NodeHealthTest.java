package dev.muster.master.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.health.NodeHealth.Change;
import dev.muster.master.health.NodeHealth.Policy;
import dev.muster.master.health.NodeHealth.Sighting;
import dev.muster.protocol.NodeId;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class NodeHealthTest {
  private static final long S = 1_000_000_000L;
  private static final Policy POLICY = new Policy(2 * S, 2 * S, 15 * S, S);
  private static final NodeId A = new NodeId("a");

  private final NodeHealth health = new NodeHealth(POLICY);

  /** A31: beats each 30 s, 3 misses. */
  @Test
  void givenA31_whenSilentFor90And91Seconds_thenAliveAndDead() {
    var policy = new Policy(90 * S, 90 * S, 15 * S, S);
    assertThat(NodeHealth.judge(new Sighting(0, 80 * S, true), policy, 90 * S).state())
        .contains(NodeState.UP);
    assertThat(NodeHealth.judge(new Sighting(0, 80 * S, true), policy, 91 * S).state())
        .contains(NodeState.DEAD);
  }

  @Test
  void givenSilence_whenTimePasses_thenDeadThenFencedThenForgotten() {
    health.heard(A, 0);
    assertThat(health.decide(2 * S).changes()).isEmpty();
    assertChange(2 * S + 1, NodeState.UP, NodeState.DEAD);
    assertThat(health.decide(16 * S).changes()).isEmpty();
    assertChange(16 * S + 1, NodeState.DEAD, NodeState.FENCED);
    assertThat(health.decide(20 * S + 1).changes())
        .singleElement()
        .isEqualTo(
            new Change(A, NodeState.FENCED, Optional.empty(), "forgotten: silentNs=20000000001"));
    assertThat(health.size()).isZero();
    assertThat(health.decide(99 * S).recheckAtNs()).isEmpty();
  }

  @Test
  void givenEndOfFile_whenDecided_thenSuspectAtOnceAndDeadAfterTheTimeout() {
    health.heard(A, 0);
    health.closed(A, S);
    assertChange(S, NodeState.UP, NodeState.SUSPECT);
    assertThat(health.decide(S).recheckAtNs()).hasValue(2 * S + 1);
    assertChange(2 * S + 1, NodeState.SUSPECT, NodeState.DEAD);
  }

  @Test
  void givenASuspect_whenItReconnects_thenItIsUpAgain() {
    health.heard(A, 0);
    health.closed(A, S);
    health.decide(S);
    health.heard(A, S + 5);
    assertChange(S + 5, NodeState.SUSPECT, NodeState.UP);
  }

  /** Nobody looked while it was there; the master had placed workers on it meanwhile. */
  @Test
  void givenADeadNode_whenItComesBackAndIsGoneBeforeTheNextLook_thenItsDeathIsToldAgain() {
    health.heard(A, 0);
    assertThat(health.decide(3 * S).changes()).hasSize(1);
    health.heard(A, 4 * S);
    health.closed(A, 4 * S + 1);
    assertThat(health.decide(7 * S).changes())
        .singleElement()
        .matches(change -> change.to().equals(Optional.of(NodeState.DEAD)));
  }

  @Test
  void givenALeaseRenewedLate_whenTheNodeIsDead_thenItIsFencedOnlyAfterThatLeaseAndDrift() {
    health.heard(A, 0);
    health.leased(A, 0);
    health.heard(A, 2 * S);
    health.leased(A, 2 * S);
    assertThat(health.safeAtNs(A)).hasValue(18 * S);
    health.decide(4 * S + 1);
    assertThat(health.decide(18 * S).changes()).isEmpty();
    assertChange(18 * S + 1, NodeState.DEAD, NodeState.FENCED);
  }

  @Test
  void givenABeatBeforeTheDeadline_whenTheOldDeadlineCalls_thenTheNodeStaysUpWithANewDeadline() {
    health.heard(A, 0);
    health.heard(A, 1_900_000_000L);
    var decision = health.decide(2 * S + 1);
    assertThat(decision.changes()).isEmpty();
    assertThat(decision.recheckAtNs()).hasValue(3_900_000_001L);
  }

  @Test
  void givenANodeThatLeft_whenDecided_thenNothingIsSaidOfIt() {
    health.heard(A, 0);
    health.left(A);
    assertThat(health.decide(100 * S))
        .isEqualTo(new NodeHealth.Decision(java.util.List.of(), OptionalLong.empty()));
  }

  @Test
  void givenALateLook_whenAllLimitsHavePassed_thenTheNodeIsForgottenInOneStep() {
    health.heard(A, 0);
    assertThat(health.decide(1_000 * S).changes())
        .singleElement()
        .satisfies(change -> assertThat(change.to()).isEmpty());
  }

  /** The schedule never misses what judging every node at every moment would see. */
  @Test
  void givenRandomHistories_whenFollowed_thenTheScheduleAgreesWithTheRule() {
    for (long seed = 0; seed < 300; seed++) {
      var random = new Random(seed);
      var scheduled = new NodeHealth(new Policy(20, 20, 50, 5));
      long nowNs = random.nextInt(1_000) - 500;
      for (int event = 0; event < 200; event++) {
        nowNs += random.nextInt(12);
        scheduled.decide(nowNs);
        NodeId node = new NodeId("n" + random.nextInt(5));
        switch (random.nextInt(8)) {
          case 0 -> scheduled.closed(node, nowNs);
          case 1 -> scheduled.left(node);
          case 2, 3 -> scheduled.leased(node, nowNs);
          case 4 -> scheduled.heard(node, nowNs);
          default -> {}
        }
        scheduled.decide(nowNs);
        for (int i = 0; i < 5; i++) {
          NodeId each = new NodeId("n" + i);
          long atNs = nowNs;
          var expected =
              scheduled
                  .sighting(each)
                  .flatMap(seen -> NodeHealth.judge(seen, new Policy(20, 20, 50, 5), atNs).state());
          assertThat(scheduled.state(each))
              .as("seed=" + seed + " event=" + event)
              .isEqualTo(expected);
        }
      }
    }
  }

  private void assertChange(long nowNs, NodeState from, NodeState to) {
    assertThat(health.decide(nowNs).changes())
        .singleElement()
        .satisfies(change -> {
          assertThat(change.node()).isEqualTo(A);
          assertThat(change.from()).isEqualTo(from);
          assertThat(change.to()).contains(to);
        });
  }

  /** Beats that a simulated world leaves out: only the answers of the port tell of them. */
  @Test
  void givenBeatsLeftOut_whenDecided_thenTheNodeIsJudgedByWhatThePortKnows() {
    long lastBeatNs = 10 * S;
    var computing =
        new LastHeard.OfNode() {
          @Override
          public long lastHeardNs(long recordedNs) {
            return lastBeatNs;
          }

          @Override
          public long leasedNs(long recordedNs) {
            return lastBeatNs;
          }
        };
    var health = new NodeHealth(POLICY, node -> computing);
    health.heard(A, 0);
    assertThat(health.decide(12 * S).changes()).isEmpty();
    assertThat(health.safeAtNs(A)).hasValue(lastBeatNs + 16 * S);
    assertThat(health.sighting(A)).contains(new Sighting(lastBeatNs, lastBeatNs, true));
    assertThat(health.decide(12 * S + 1).changes())
        .singleElement()
        .extracting(Change::to)
        .isEqualTo(Optional.of(NodeState.DEAD));
  }

  /** A world that leaves out the beats of a calm node tells when it is not calm any more. */
  @Test
  void givenARegularNode_whenItIsNotAnyMore_thenItIsLookedAtAgain() {
    var world = new Regular();
    var health = new NodeHealth(POLICY, node -> world);
    health.heard(A, 0);
    assertThat(health.decide(0).recheckAtNs()).isEmpty();
    assertThat(health.decide(100 * S).changes()).as("nobody looks").isEmpty();

    world.heardNs = 99 * S;
    world.regular = false;
    world.look.run();
    assertThat(health.decide(101 * S).changes()).isEmpty();
    world.look.run(); // it is in the schedule already
    assertThat(health.decide(101 * S + 1).changes())
        .singleElement()
        .extracting(Change::to)
        .as("its lease was renewed last when it was first heard")
        .isEqualTo(Optional.of(NodeState.FENCED));
  }

  /** Nodes that are regular at times, against the same nodes of which every beat is heard. */
  @Test
  void givenNodesThatAreRegularAtTimes_whenDecided_thenTheSameIsFoundAsWithAllBeats() {
    for (long seed = 1; seed <= 100; seed++) {
      var random = new Random(seed);
      var world = new TreeMap<NodeId, Regular>();
      IntStream.range(0, 5).forEach(n -> world.put(new NodeId("n" + n), new Regular()));
      var computed = new NodeHealth(POLICY, world::get);
      var played = new NodeHealth(POLICY);
      world.keySet().forEach(node -> List.of(computed, played).forEach(h -> h.heard(node, 0)));
      for (long nowNs = 0; nowNs < 200 * S; nowNs += S) {
        for (var node : world.entrySet()) {
          step(node.getKey(), node.getValue(), random.nextInt(10), nowNs, computed, played);
        }
        if (random.nextInt(3) > 0) {
          assertThat(computed.decide(nowNs).changes())
              .as("seed=%d atNs=%d", seed, nowNs)
              .isEqualTo(played.decide(nowNs).changes());
        }
      }
    }
  }

  /** It beats while it is regular and, heard by both, sometimes else; no lease is renewed. */
  private static void step(
      NodeId id, Regular node, int draw, long nowNs, NodeHealth computed, NodeHealth played) {
    if (node.regular) {
      node.heardNs = nowNs;
      played.heard(id, nowNs);
    }
    if (node.regular && draw < 3) {
      computed.heard(id, nowNs);
      node.regular = false;
      node.look.run();
    } else if (draw == 9) {
      computed.heard(id, nowNs);
      played.heard(id, nowNs);
      node.heardNs = nowNs;
      node.regular = true;
    }
  }

  @Test
  void givenARegularNode_whenItsLinkEnds_thenItIsJudgedOnce() {
    var world = new Regular();
    var health = new NodeHealth(POLICY, node -> world);
    health.heard(A, 0);
    health.decide(0);
    health.closed(A, 5 * S);
    world.heardNs = 5 * S;
    world.regular = false;
    world.look.run();
    assertThat(health.decide(5 * S).changes())
        .singleElement()
        .extracting(Change::to)
        .isEqualTo(Optional.of(NodeState.SUSPECT));
  }

  private static final class Regular implements LastHeard.OfNode {
    private long heardNs;
    private boolean regular = true;
    private Runnable look = () -> {};

    @Override
    public long lastHeardNs(long recordedNs) {
      return Math.max(heardNs, recordedNs);
    }

    @Override
    public boolean isRegular(Runnable changed) {
      look = changed;
      return regular;
    }
  }
}
