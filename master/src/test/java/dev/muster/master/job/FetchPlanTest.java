package dev.muster.master.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.Snapshot;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Two workers on two nodes; all snapshots of step 90 lie on one node, the other needs some. */
class FetchPlanTest {
  private static final Generation FIRST = new Generation(1);
  private static final NodeId A = new NodeId("a");
  private static final NodeId B = new NodeId("b");

  private final DrivenJob job =
      new DrivenJob(
          DrivenJob.config(2, 2, 2, new JobSpec.Checkpoint(10, 60 * DrivenJob.SECOND, 3, 0, "")));

  private void trains(boolean sharded) {
    for (var node : List.of(A, B)) {
      job.registers(node, 1);
      ready(new WorkerId(node, 0), sharded);
    }
    job.trains(100);
  }

  private void ready(WorkerId worker, boolean sharded) {
    job.says(worker.node(), new ToMaster.WorkerReady(worker, 1, "tokens", sharded));
  }

  private void dies(NodeId node, List<Snapshot> left) {
    var exit = new ToMaster.WorkerExited(new WorkerId(node, 0), FIRST, Exit.signal(9), 100, 0, "");
    job.says(node, exit);
    job.says(node, new ToMaster.Revoked(node, FIRST, List.of(), left));
  }

  private static List<Snapshot> shards(int of, int... shards) {
    return IntStream.of(shards).mapToObj(shard -> new Snapshot(FIRST, 90, shard, of)).toList();
  }

  /** The form of a group of newcomers when all of a step is left on A. */
  private ToAgent.Form restart(boolean sharded, int shards) {
    trains(sharded);
    return restart(sharded, shards(shards, IntStream.range(0, shards).toArray()));
  }

  private ToAgent.Form restart(boolean sharded, List<Snapshot> left) {
    dies(B, List.of());
    dies(A, left);
    ready(new WorkerId(A, 1), sharded);
    ready(new WorkerId(B, 1), sharded);
    assertThat(job.latestForm().group().generation()).isEqualTo(new Generation(2));
    return job.latestForm();
  }

  @Test
  void givenAHolderWithAStore_whenAnotherNodeNeedsAShard_thenItIsFetched() {
    assertThat(restart(true, 2).startStep()).isEqualTo(90);
    assertThat(job.fetches()).singleElement().matches(f -> f.wanted().getFirst().shard() == 1);
  }

  @Test
  void givenAHolderWithoutAStore_whenAnotherNodeNeedsAShard_thenTheStepIsNotGoneOnFrom() {
    job.withoutStore(A);
    assertThat(restart(true, 2).startStep()).isZero();
    assertThat(job.fetches()).isEmpty();
  }

  @Test
  void givenANodeWithoutAStore_whenItNeedsAShard_thenTheStepIsNotGoneOnFrom() {
    job.withoutStore(B);
    assertThat(restart(true, 2).startStep()).isZero();
    assertThat(job.fetches()).isEmpty();
  }

  @Test
  void givenAnotherLayout_whenANodeWithoutAStoreNeedsAllShards_thenTheStepIsNotGoneOnFrom() {
    job.withoutStore(B);
    assertThat(restart(true, 3).startStep()).isZero();
  }

  @Test
  void givenShardsOfTwoNodes_whenOneCannotBeFetched_thenOnlyThatNodeIsNotAskedAgain() {
    var c = new NodeId("c");
    var d = new NodeId("d");
    trains(true);
    for (var spare : List.of(c, d)) {
      job.registers(spare, 1);
      job.says(spare, new ToMaster.Revoked(spare, FIRST, List.of(), shards(3, 2)));
    }
    assertThat(restart(true, shards(3, 0, 1)).startStep()).isEqualTo(90);
    assertThat(holdersAskedByB()).containsExactly(A, A, c);
    var second = job.latestForm().group().generation();
    job.says(B, new ToMaster.RestoreFailed(B, second, c, "shard 2 is damaged"));
    for (var node : List.of(A, B)) {
      var held = List.of(new ToMaster.Survivor(new WorkerId(node, 1), -1));
      job.says(node, new ToMaster.Revoked(node, second, held));
    }
    assertThat(job.latestForm().startStep()).isEqualTo(90);
    assertThat(holdersAskedByB()).containsExactly(A, A, d);
  }

  private List<NodeId> holdersAskedByB() {
    var fetch = job.fetches().stream().filter(f -> f.wanted().size() == 3).toList().getLast();
    return fetch.wanted().stream().map(shard -> shard.holder().node()).toList();
  }

  @Test
  void givenALongFetch_whenItGoesOn_thenTheGroupIsNotGivenUp_untilNothingComesAnyMore() {
    restart(true, 2);
    for (int minute = 0; minute < 10; minute++) { // three start timeouts are three minutes
      job.says(B, new ToMaster.Fetching(B, job.latestForm().group().generation()));
      job.passes(60 * DrivenJob.SECOND);
    }
    assertThat(job.notes()).doesNotContain("did not start training in time");
    assertThat(job.differentInReplay()).isEmpty();
    job.passes(180 * DrivenJob.SECOND);
    assertThat(job.notes()).contains("generation 2 did not start training in time");
  }

  @Test
  void givenAReplicatedState_whenItsHolderHasNoStore_thenAMemberThereReadsIt() {
    job.withoutStore(A).withoutStore(B);
    var form = restart(false, 1);
    assertThat(form.startStep()).isEqualTo(90);
    assertThat(form.group().members().get(form.sourceRank()).worker().node()).isEqualTo(A);
    assertThat(job.fetches()).isEmpty();
  }
}
