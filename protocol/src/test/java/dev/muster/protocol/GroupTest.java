package dev.muster.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

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

  private static void assertSameIndex(Group next, List<Member> members) {
    var anew = new Group(new Generation(8), members);
    assertThat(next).isEqualTo(anew);
    assertThat(next.nodes()).isEqualTo(anew.nodes());
    assertThat(next.nodes()).allSatisfy(n -> assertThat(next.on(n)).isEqualTo(anew.on(n)));
  }

  @Test
  void givenAGapInTheRanks_whenMade_thenRefused() {
    var members = List.of(member("a/0", 0), member("a/1", 2));
    assertThatThrownBy(() -> new Group(new Generation(1), members))
        .hasMessageContaining("expected=1 actual=2");
  }
}
