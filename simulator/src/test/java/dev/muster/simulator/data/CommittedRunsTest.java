package dev.muster.simulator.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.protocol.Group;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.ToAgent;
import dev.muster.simulator.cluster.ClusterListener.Trained;
import dev.muster.worker.data.Sampler;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** That the checks of {@link MembershipHistory} can fail. */
class CommittedRunsTest {
  private static final Sampler SAMPLER = new Sampler(3, 10, 4); // epochs of 3 steps

  private final CommittedRuns runs = new CommittedRuns();

  private void trains(long generation, int worldSize, long startStep) {
    var members =
        IntStream.range(0, worldSize)
            .mapToObj(rank -> new Member(new WorkerId(new NodeId("n0"), rank), rank))
            .toList();
    var group = new Group(new Generation(generation), members);
    runs.opened(0, new ToAgent.Form(group, startStep, -1, List.of()));
    runs.trains(0, generation, startStep);
  }

  private void stopped(long generation, long startStep, long committed) {
    runs.stopped(0, generation, new Trained(startStep, committed, 1, 1, 1, 0));
  }

  @Test
  void givenAGroupThatGoesBack_whenFollowed_thenItsStepsCountAndTheOthersAreRedone() {
    trains(1, 3, 0);
    stopped(1, 0, 5);
    trains(2, 2, 3);
    runs.end(6);
    assertThat(runs.runs()).containsExactly(new GroupRun(1, 3, 0, 3), new GroupRun(2, 2, 3, 6));
    assertThat(runs.redone()).isEqualTo(2);
    assertThat(runs.findings()).isEmpty();
    var order = Order.of(SAMPLER, runs.runs());
    assertThat(order.findings()).isEmpty();
    assertThat(order.used()).isEqualTo(20);
    assertThat(order.epochs()).isEqualTo(2);
  }

  @Test
  void givenAGroupThatBeginsTooLate_whenFollowed_thenStepsAndSamplesAreMissing() {
    trains(1, 3, 0);
    stopped(1, 0, 2);
    trains(2, 3, 3);
    runs.end(6);
    assertThat(runs.findings()).singleElement().asString().contains("nobody committed: from=3");
    assertThat(Order.of(SAMPLER, runs.runs()).findings())
        .anyMatch(finding -> finding.contains("missing: epoch=0 expected=10 actual=8"));
  }

  @Test
  void givenStepsThatTwoGroupsCommitted_whenCounted_thenSamplesAreUsedTwice() {
    var twice = List.of(new GroupRun(1, 2, 0, 2), new GroupRun(2, 2, 1, 3));
    assertThat(Order.of(SAMPLER, twice).findings())
        .anyMatch(finding -> finding.startsWith("used twice"));
  }

  @Test
  void givenAGroupThatCommitsAfterALaterOneBegan_whenFollowed_thenFound() {
    trains(1, 2, 0);
    stopped(1, 0, 2);
    trains(2, 2, 2);
    stopped(1, 0, 3);
    assertThat(runs.findings()).singleElement().asString().contains("after a later group");
  }

  @Test
  void givenOtherWorldSizes_whenFolded_thenTheOrderOfTheRanksDiffers() {
    long three = Order.of(SAMPLER, List.of(new GroupRun(1, 3, 0, 3))).digest();
    long two = Order.of(SAMPLER, List.of(new GroupRun(1, 2, 0, 3))).digest();
    assertThat(three).isNotEqualTo(two);
  }
}
