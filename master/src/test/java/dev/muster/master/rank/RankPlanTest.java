package dev.muster.master.rank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.protocol.Generation;
import dev.muster.protocol.Group;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class RankPlanTest {

  @Test
  void givenNoFormerGroup_whenPlaced_thenNewcomersTakeRanksInTheirOrder() {
    assertThat(workers(RankPlan.replace(Group.NONE, List.of(), ids("a/0 a/1 b/0"), 2)))
        .isEqualTo(ids("a/0 a/1"));
  }

  @Test
  void givenLostMiddleRank_whenReplaced_thenNewcomerTakesTheHoleAndNobodyMoves() {
    var plan = RankPlan.replace(group("a/0 a/1 a/2 a/3"), ids("a/3 a/0 a/2"), ids("a/4"), 4);
    assertThat(workers(plan)).isEqualTo(ids("a/0 a/4 a/2 a/3"));
  }

  @Test
  void givenLostRankAndNoNewcomer_whenShrunk_thenOnlyTheTopRankMoves() {
    var plan = RankPlan.replace(group("a/0 a/1 a/2 a/3"), ids("a/0 a/2 a/3"), List.of(), 3);
    assertThat(workers(plan)).isEqualTo(ids("a/0 a/3 a/2"));
  }

  @Test
  void givenTwoTopRanksAboveTheWorld_whenShrunk_thenTheyFillTheHolesInTheirOrder() {
    var plan =
        RankPlan.replace(group("a/0 a/1 a/2 a/3 a/4 a/5"), ids("a/2 a/3 a/4 a/5"), List.of(), 4);
    assertThat(workers(plan)).isEqualTo(ids("a/4 a/5 a/2 a/3"));
  }

  @Test
  void givenOneHolePerNode_whenSparesOfBothNodesCome_thenEachStaysAtHome() {
    var plan = RankPlan.replace(group("a/0 a/1 b/0 b/1"), ids("a/0 b/1"), ids("b/7 a/7"), 4);
    assertThat(workers(plan)).isEqualTo(ids("a/0 a/7 b/7 b/1"));
  }

  @Test
  void givenSurplusNewcomers_whenReplaced_thenTheLastStayOut() {
    var plan = RankPlan.replace(group("a/0 a/1"), ids("a/0"), ids("c/0 c/1"), 2);
    assertThat(workers(plan)).isEqualTo(ids("a/0 c/0"));
  }

  @Test
  void givenAWorldThatGrows_whenPlaced_thenNewcomersTakeTheRanksAbove() {
    var plan = RankPlan.replace(group("a/0 a/1"), ids("a/0 a/1"), ids("b/0 b/1"), 4);
    assertThat(workers(plan)).isEqualTo(ids("a/0 a/1 b/0 b/1"));
  }

  @Test
  void givenImpossibleArguments_whenPlaced_thenRefusedWithTheReason() {
    Group former = group("a/0 a/1");
    assertThatThrownBy(() -> RankPlan.replace(former, ids("a/0"), List.of(), 2))
        .hasMessageContaining("worldSize=2 workers=1");
    assertThatThrownBy(() -> RankPlan.replace(former, ids("b/0"), List.of(), 1))
        .hasMessageContaining("survivor was no member");
    assertThatThrownBy(() -> RankPlan.replace(former, List.of(), ids("a/0"), 1))
        .hasMessageContaining("newcomer was a member");
    assertThatThrownBy(() -> RankPlan.replace(former, ids("a/0 a/0"), List.of(), 1))
        .hasMessageContaining("named twice");
  }

  /**
   * Whatever the losses: ranks are complete, every survivor below the world keeps its rank, so the
   * fewest possible move.
   */
  @Test
  void givenRandomLosses_whenReplaced_thenSurvivorsInsideTheWorldNeverMove() {
    for (long seed = 0; seed < 2_000; seed++) {
      var random = new Random(seed);
      int former = 1 + random.nextInt(12);
      Group group = randomGroup(former, random);
      var survivors = new ArrayList<>(workers(group.members()));
      Collections.shuffle(survivors, random);
      survivors.subList(0, random.nextInt(former + 1)).clear();
      var newcomers = newcomers(random.nextInt(6), random);
      if (survivors.size() + newcomers.size() == 0) {
        continue;
      }
      int world = 1 + random.nextInt(survivors.size() + newcomers.size());

      List<Member> plan = RankPlan.replace(group, survivors, newcomers, world);

      String replay = "seed=" + seed;
      assertThat(new HashSet<>(workers(plan))).as(replay).hasSize(world);
      for (WorkerId survivor : survivors) {
        int rank = group.rankOf(survivor).orElseThrow();
        if (rank < world) {
          assertThat(plan.get(rank).worker()).as(replay).isEqualTo(survivor);
        }
      }
      long seated = plan.stream().filter(m -> survivors.contains(m.worker())).count();
      assertThat(seated)
          .as(replay + " survivors come before newcomers")
          .isEqualTo(Math.min(world, survivors.size()));
    }
  }

  private static Group randomGroup(int size, Random random) {
    var members = new ArrayList<Member>();
    for (int rank = 0; rank < size; rank++) {
      members.add(new Member(new WorkerId(new NodeId("n" + random.nextInt(3)), rank), rank));
    }
    return new Group(new Generation(1), members);
  }

  private static List<WorkerId> newcomers(int count, Random random) {
    var newcomers = new ArrayList<WorkerId>();
    for (int i = 0; i < count; i++) {
      newcomers.add(new WorkerId(new NodeId("n" + random.nextInt(4)), 100 + i));
    }
    return newcomers;
  }

  private static Group group(String text) {
    var members = new ArrayList<Member>();
    ids(text).forEach(id -> members.add(new Member(id, members.size())));
    return new Group(new Generation(1), members);
  }

  private static List<WorkerId> ids(String text) {
    return Arrays.stream(text.split(" ")).map(WorkerId::parse).toList();
  }

  private static List<WorkerId> workers(List<Member> members) {
    return members.stream().map(Member::worker).toList();
  }
}
