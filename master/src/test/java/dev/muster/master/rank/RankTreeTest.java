package dev.muster.master.rank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.master.rank.RankTree.Place;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The rows of A58 in their order; a lost or discarded process is printed as a dash. */
final class RankTreeTest {
  private static final Layer ROOT = Layer.root();
  private static final Layer FOURS = Layer.blocks("group", 4);

  @Test
  void givenA58Row1BackfillOnBothLayers_whenOneIsLost_thenTheHighestRankOfAllFillsTheHole() {
    assertAfter(8, "[0,–,2,3,4,5,6,1]", List.of(ROOT.withBackfill(), FOURS.withBackfill()), 1);
  }

  @Test
  void givenA58Row2BackfillInTheGroup_whenOneIsLost_thenTheGroupFillsItsHoleAndTheOthersShift() {
    assertAfter(8, "[0,–,2,1,3,4,5,6]", List.of(ROOT, FOURS.withBackfill()), 1);
  }

  @Test
  void givenA58Row3NoBackfill_whenOneIsLost_thenAllAboveShift() {
    assertAfter(8, "[0,–,1,2,3,4,5,6]", List.of(ROOT, FOURS), 1);
  }

  @Test
  void givenA58Row4Pairs_whenOneIsLost_thenTheLastPairTakesItsRanks() {
    assertAfter(
        8,
        "[0,1,–,–,4,5,2,3]",
        List.of(ROOT.withBackfill(), Layer.blocks("pair", 2).limits(2, 2)),
        2,
        3);
    assertAfter(
        8,
        "[0,1,–,–,4,5,2,3]",
        List.of(ROOT.withBackfill(), Layer.blocks("pair", 2).limits(2, 2)),
        2);
  }

  @Test
  void
      givenA58Row5SparesInGroups_whenThreeAreLostOneAfterTheOther_thenSparesComeFirstThenRanksShift() {
    RankTree tree = RankTree.start(List.of(ROOT, FOURS.limits(1, 3).withSpares()), 8);
    assertThat(tree).hasToString("[0,1,2,spare,3,4,5,spare]");
    tree = tree.lose(List.of(1));
    assertThat(tree).hasToString("[0,–,2,1,3,4,5,spare]");
    tree = tree.lose(List.of(4));
    assertThat(tree).hasToString("[0,–,2,1,–,4,5,3]");
    tree = tree.lose(List.of(2));
    assertThat(tree).hasToString("[0,–,–,1,–,3,4,2]");
  }

  @Test
  void
      givenA58Row6GroupsOfTwoToThree_whenOneGroupFallsBelow_thenItIsDiscardedAndSparesAndBackfillRepair() {
    assertAfter(
        12,
        "[–,–,–,–,3,4,5,1,6,7,2,0]",
        List.of(ROOT.withSpares().withBackfill(), FOURS.limits(2, 3).withSpares().withBackfill()),
        0,
        1,
        2);
  }

  @Test
  void givenA58Row7GroupsOfAtLeastThree_whenTwoOfOneAreLost_thenTheGroupIsDiscarded() {
    assertAfter(8, "[–,–,–,–,0,1,2,3]", List.of(ROOT, FOURS.limits(3, 4)), 0, 2);
  }

  @Test
  void givenA58Row8RootOfAtLeastSeven_whenTwoAreLost_thenEverythingIsDiscarded() {
    RankTree tree = RankTree.start(List.of(ROOT.limits(7, 8), FOURS), 8).lose(List.of(0, 5));
    assertThat(tree).hasToString("[–,–,–,–,–,–,–,–]");
    assertThat(tree.place(1))
        .isEqualTo(new Place.Discarded("domain below its minimum: layer=root min=7"));
    assertThat(tree.place(0)).isEqualTo(new Place.Discarded("lost"));
  }

  /** A59 and the ninth row of A58: the function; its time is measured by RankPlanBenchmark. */
  @Test
  void givenA59_whenThousandOf16384AreLost_thenOnlyWholeGroupsRemainAndTheRanksAreComplete() {
    for (long seed = 0; seed < 5; seed++) {
      var random = new Random(seed);
      List<Integer> shuffled = new ArrayList<>(IntStream.range(0, 16_384).boxed().toList());
      Collections.shuffle(shuffled, random);
      List<Integer> lost = shuffled.subList(0, 1_024);
      RankTree tree = RankTree.start(wide(), 16_384).lose(lost);
      String replay = "seed=" + seed;
      assertThat(tree.members())
          .as(replay)
          .doesNotHaveDuplicates()
          .doesNotContainAnyElementsOf(lost);
      assertThat(tree.worldSize())
          .as(replay)
          .isEqualTo(expectedWorld(new HashSet<>(lost)))
          .isPositive();
    }
  }

  /**
   * What must survive, counted from the definition: whole eights, in sixty-fours of which at least
   * half is left.
   */
  private static int expectedWorld(HashSet<Integer> lost) {
    int world = 0;
    for (int rack = 0; rack < 16_384; rack += 64) {
      int live = 0;
      for (int host = rack; host < rack + 64; host += 8) {
        live += IntStream.range(host, host + 8).noneMatch(lost::contains) ? 8 : 0;
      }
      world += live >= 32 ? live : 0;
    }
    return world;
  }

  private static List<Layer> wide() {
    return List.of(
        ROOT.withBackfill(),
        Layer.blocks("rack", 64).limits(32, 64),
        Layer.blocks("host", 8).limits(8, 8));
  }

  @Test
  void givenA60_whenAllAreLost_thenEveryProcessIsToldDiscarded() {
    List<Integer> all = IntStream.range(0, 8).boxed().toList();
    RankTree tree =
        RankTree.start(
                List.of(ROOT.withBackfill().withSpares(), FOURS.limits(1, 3).withSpares()), 8)
            .lose(all);
    assertThat(all)
        .allSatisfy(process -> assertThat(tree.place(process)).isInstanceOf(Place.Discarded.class));
    assertThat(tree.worldSize()).isZero();
    assertThat(tree.lose(all)).hasToString("[–,–,–,–,–,–,–,–]");
  }

  @Test
  void givenARootThatEndsInsideAGroup_whenStarted_thenAnAllOrNoneGroupStandsByAsAWhole() {
    RankTree tree = RankTree.start(List.of(ROOT.limits(1, 6), FOURS.limits(4, 4)), 12);
    assertThat(tree).hasToString("[0,1,2,3,spare,spare,spare,spare,spare,spare,spare,spare]");
  }

  @Test
  void givenTwoGroupsWithHoles_whenOneHasNoSpareLeft_thenItDoesNotTakeTheOthersBeforeThat() {
    RankTree tree =
        RankTree.start(List.of(ROOT.withSpares(), FOURS.limits(1, 3).withSpares()), 8)
            .lose(List.of(3));
    assertThat(tree.lose(List.of(0, 4))).hasToString("[–,0,1,–,–,3,4,2]");
  }

  @Test
  void givenAnUnknownProcess_whenLost_thenRefused() {
    assertThatThrownBy(() -> RankTree.start(List.of(ROOT), 4).lose(List.of(4)))
        .hasMessageContaining("process=4 processes=4");
  }

  /**
   * Random trees and histories: ranks complete, the lost out, minima kept, and with root backfill
   * the fewest move.
   */
  @Test
  void givenRandomHistories_whenFollowed_thenRanksAreCompleteAndDomainsHaveTheirMinimum() {
    for (long seed = 0; seed < 2_000; seed++) {
      var random = new Random(seed);
      int size = 1 + random.nextInt(4);
      int max = 1 + random.nextInt(size);
      Layer group = Layer.blocks("group", size).limits(random.nextInt(max + 1), max);
      Layer root = random.nextBoolean() ? ROOT.withBackfill() : ROOT;
      int processes = 1 + random.nextInt(24);
      RankTree tree = RankTree.start(List.of(root, group.withSpares()), processes);
      for (int loss = 0; loss < 4; loss++) {
        RankTree before = tree;
        int victim = random.nextInt(processes);
        tree = tree.lose(List.of(victim));
        String replay = "seed=" + seed + " " + before + " lost=" + victim + " " + tree;
        assertThat(tree.members())
            .as(replay)
            .doesNotContain(victim)
            .doesNotHaveDuplicates()
            .doesNotContainNull();
        assertMinima(tree, group, size, processes, replay);
        if (root.backfill()) {
          assertFewestMove(before, tree, replay);
        }
      }
    }
  }

  private static void assertMinima(
      RankTree tree, Layer group, int size, int processes, String replay) {
    for (int first = 0; first < processes; first += size) {
      int active = 0;
      for (int process = first; process < Math.min(first + size, processes); process++) {
        active += tree.place(process) instanceof Place.Active ? 1 : 0;
      }
      assertThat(active == 0 || active >= group.min()).as(replay).isTrue();
    }
  }

  private static void assertFewestMove(RankTree before, RankTree after, String replay) {
    for (int process : after.members()) {
      if (before.place(process) instanceof Place.Active(int rank) && rank < after.worldSize()) {
        assertThat(after.place(process)).as(replay).isEqualTo(new Place.Active(rank));
      }
    }
  }

  private static void assertAfter(
      int processes, String expected, List<Layer> layers, Integer... lost) {
    assertThat(RankTree.start(layers, processes).lose(Arrays.asList(lost))).hasToString(expected);
  }
}
