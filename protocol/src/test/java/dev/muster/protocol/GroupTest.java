package dev.muster.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GroupTest {
  private static final Group GROUP =
      new Group(new Generation(7), List.of(member("b/3", 0), member("a/1", 1), member("b/4", 2)));

  private static Member member(String worker, int rank) {
    return new Member(WorkerId.parse(worker), rank);
  }

  @Test
  void givenMembersOnTwoNodes_whenAskedByNode_thenEachHasItsOwnInRankOrder() {
    var b = new NodeId("b");
    assertThat(GROUP.nodes()).containsExactly(b, new NodeId("a"));
    assertThat(GROUP.on(b)).containsExactly(member("b/3", 0), member("b/4", 2));
    assertThat(GROUP.positionOf(new NodeId("a"))).isEqualTo(1);
    assertThat(GROUP.spans(b)).isTrue();
  }

  @Test
  void givenAWorker_whenAskedForItsRank_thenOnlyAMemberHasOne() {
    assertThat(GROUP.rankOf(WorkerId.parse("b/4"))).contains(2);
    assertThat(GROUP.rankOf(WorkerId.parse("b/5"))).isEmpty();
    assertThat(GROUP.contains(WorkerId.parse("c/3"))).isFalse();
    assertThat(GROUP.spans(new NodeId("c"))).isFalse();
    assertThat(GROUP.positionOf(new NodeId("c"))).isEqualTo(-1);
    assertThat(GROUP.on(new NodeId("c"))).isEmpty();
  }

  @Test
  void givenTheSameMembers_whenCompared_thenTheGroupsAreEqualAndReadTheSame() {
    var same = new Group(new Generation(7), List.copyOf(GROUP.members()));
    assertThat(same).isEqualTo(GROUP).hasSameHashCodeAs(GROUP).hasToString(GROUP.toString());
    assertThat(GROUP.members()).isEqualTo(List.copyOf(GROUP.members()));
  }

  @Test
  void givenANewProcessInAMembersPlace_whenFollowed_thenTheIndexKnowsItAndTheFormerOneDoesNot() {
    var members = List.of(GROUP.members().get(0), GROUP.members().get(1), member("b/9", 2));
    var next = GROUP.followedBy(new Generation(8), members);
    assertThat(next).isEqualTo(new Group(new Generation(8), members));
    assertThat(next.on(new NodeId("b"))).containsExactly(member("b/3", 0), member("b/9", 2));
    assertThat(next.rankOf(WorkerId.parse("b/9"))).contains(2);
    assertThat(next.contains(WorkerId.parse("b/4"))).isFalse();
    assertThat(GROUP.contains(WorkerId.parse("b/4"))).isTrue();
    assertThat(GROUP.contains(WorkerId.parse("b/9"))).isFalse();
  }

  @Test
  void givenOtherNodesOrSizes_whenFollowed_thenAsIfMadeAnew() {
    var moved = List.of(member("c/0", 0), GROUP.members().get(1), GROUP.members().get(2));
    assertSameIndex(GROUP.followedBy(new Generation(8), moved), moved);
    var smaller = GROUP.members().subList(0, 2);
    assertSameIndex(GROUP.followedBy(new Generation(8), smaller), smaller);
    assertSameIndex(Group.NONE.followedBy(new Generation(8), moved), moved);
  }

  /** New processes in the place of others, on the same node, another one or a new one. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void givenAnyReplacements_whenFollowed_thenAsIfMadeAnew(long seed) {
    var random = new Random(seed);
    var group = Group.NONE.followedBy(new Generation(7), draw(random, 40, rank -> rank / 4));
    for (int next = 0; next < 500; next++) {
      var members = new ArrayList<>(group.members());
      for (int change = random.nextInt(4); change >= 0; change--) {
        int rank = random.nextInt(members.size());
        int node = random.nextInt(4) == 0 ? random.nextInt(12) : rank / 4;
        members.set(rank, member("n" + node + "/" + random.nextInt(10, 1 << 20), rank));
      }
      group = group.followedBy(new Generation(8), members);
      assertSameIndex(group, members);
    }
  }

  private static List<Member> draw(Random random, int size, IntUnaryOperator nodeOf) {
    return IntStream.range(0, size)
        .mapToObj(
            rank -> member("n" + nodeOf.applyAsInt(rank) + "/" + random.nextInt(10, 1 << 20), rank))
        .toList();
  }

  private static void assertSameIndex(Group next, List<Member> members) {
    var anew = new Group(new Generation(8), members);
    assertThat(next).isEqualTo(anew);
    assertThat(next.nodes()).isEqualTo(anew.nodes());
    assertThat(next.nodes()).allSatisfy(n -> assertThat(next.on(n)).isEqualTo(anew.on(n)));
    for (int position = 0; position < next.nodes().size(); position++) {
      var node = next.nodes().get(position);
      assertThat(next.at(position)).isEqualTo(anew.on(node));
      assertThat(next.positionOf(node, position)).isEqualTo(position);
      assertThat(next.positionOf(node, position + 1)).isEqualTo(position);
    }
  }

  @Test
  void givenAGapInTheRanks_whenMade_thenRefused() {
    var members = List.of(member("a/0", 0), member("a/1", 2));
    assertThatThrownBy(() -> new Group(new Generation(1), members))
        .hasMessageContaining("expected=1 actual=2");
  }
}
