package dev.muster.master.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.quorum.Quorum.Participant;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class RecoveryPlanTest {

  @Test
  void givenA14_whenPlannedForLocalRanks0And1_thenSourcesRotate() {
    List<Participant> members = at(0, 1, 0, 1, 0);
    RecoveryPlan rank0 = RecoveryPlan.of(members, 0, true);
    assertThat(rank0.bySource()).isEqualTo(Map.of(1, List.of(0, 4), 3, List.of(2)));
    assertThat(rank0.healers().getFirst()).isZero();
    assertThat(rank0.sources().getFirst()).isEqualTo(1);
    assertThat(rank0.maxStep()).isEqualTo(1);
    RecoveryPlan rank1 = RecoveryPlan.of(members, 1, true);
    assertThat(rank1.bySource()).isEqualTo(Map.of(1, List.of(2), 3, List.of(0, 4)));
    assertThat(rank0.primary()).isEqualTo(1);
    assertThat(rank1.primary()).isEqualTo(3);
  }

  @Test
  void givenAStartAtStep0_whenSynchronised_thenAllButThePrimaryHealFromIt() {
    RecoveryPlan plan = RecoveryPlan.of(at(0, 0, 0), 1, true);
    assertThat(plan.primary()).isEqualTo(1);
    assertThat(plan.bySource()).isEqualTo(Map.of(1, List.of(0, 2)));
    assertThat(RecoveryPlan.of(at(0, 0, 0), 1, false).healers()).isEmpty();
  }

  @Test
  void givenRandomSteps_whenPlanned_thenExactlyTheOnesBehindHealFromOnesThatAreNot() {
    for (long seed = 0; seed < 1_000; seed++) {
      var random = new Random(seed);
      long[] steps = random.longs(1 + random.nextInt(9), 0, 3).toArray();
      RecoveryPlan plan = RecoveryPlan.of(at(steps), random.nextInt(4), false);
      for (int place = 0; place < steps.length; place++) {
        assertThat(plan.heals(place)).as("seed=" + seed).isEqualTo(steps[place] < plan.maxStep());
      }
      for (int source : plan.sources()) {
        assertThat(steps[source]).as("seed=" + seed).isEqualTo(plan.maxStep());
      }
      assertThat(plan.sources()).as("seed=" + seed).hasSameSizeAs(plan.healers());
    }
  }

  private static List<Participant> at(long... steps) {
    var members = new ArrayList<Participant>();
    for (long step : steps) {
      members.add(
          new Participant(new WorkerId(new NodeId("r"), members.size()), 0, step, false, 0));
    }
    return members;
  }
}
