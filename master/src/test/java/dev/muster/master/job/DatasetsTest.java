package dev.muster.master.job;

import static dev.muster.master.job.DrivenJob.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.message.ToMaster.DatasetVerb;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two workers and two consumers of one node share a stream in ranges of 10. */
class DatasetsTest {
  private static final Generation FIRST = new Generation(1);
  private static final NodeId NODE = new NodeId("n0");
  private static final WorkerId A = new WorkerId(NODE, 0);
  private static final WorkerId B = new WorkerId(NODE, 1);
  private static final WorkerId READER = new WorkerId(NODE, WorkerId.FIRST_CONSUMER + 5);
  private static final WorkerId OTHER = new WorkerId(NODE, WorkerId.FIRST_CONSUMER + 6);

  private final DrivenJob job = new DrivenJob(DrivenJob.config(2, 1, 1, JobSpec.Checkpoint.OFF));
  private int requests;

  @BeforeEach
  void train() {
    job.registers(NODE, 1);
    job.ready(A);
    job.ready(B);
  }

  private ToAgent.DatasetReply asks(
      WorkerId asker,
      Generation generation,
      long step,
      DatasetVerb verb,
      String partition,
      long from,
      long to,
      String text) {
    return asks(
        new ToMaster.DatasetRequest(
            asker, generation, step, requests++, "x", verb, partition, from, to, text));
  }

  private ToAgent.DatasetReply asks(ToMaster.DatasetRequest request) {
    int before = job.replies().size();
    job.says(NODE, request);
    assertThat(job.replies()).as(job.notes()).hasSize(before + 1);
    return job.replies().getLast();
  }

  private void opens(WorkerId worker, Generation generation, long step, String done) {
    String text = "stream x 10\n" + done;
    assertThat(asks(worker, generation, step, DatasetVerb.OPEN, "", 0, 0, text).problem())
        .isEmpty();
  }

  private void offers(long end) {
    assertThat(asks(A, FIRST, 1, DatasetVerb.OFFER, "p", 0, end, "").problem()).isEmpty();
  }

  private String takes(WorkerId asker, Generation generation, long step) {
    var reply = asks(asker, generation, step, DatasetVerb.TAKE, "", 0, 100, "");
    return reply.problem() + reply.partition() + " " + reply.from() + "-" + reply.to();
  }

  private String takes(WorkerId consumer) {
    return takes(consumer, Generation.NONE, 0);
  }

  private Generation regroups(long committed) {
    job.says(NODE, new ToMaster.WorkerExited(A, FIRST, Exit.signal(9), committed, 0, ""));
    var survivor = new ToMaster.Survivor(B, committed);
    job.says(NODE, new ToMaster.Revoked(NODE, FIRST, List.of(survivor)));
    job.ready(new WorkerId(NODE, 2));
    assertThat(job.latestForm().startStep()).as(job.notes()).isEqualTo(committed);
    return job.latestForm().group().generation();
  }

  @Test
  void givenAStream_whenMembersAndConsumersTake_thenEachHasItsOwn() {
    assertThat(takes(READER)).as("no trainer has named it yet").isEqualTo("- 0-0");
    opens(A, FIRST, 1, "");
    opens(B, FIRST, 1, "");
    offers(35);
    assertThat(takes(A, FIRST, 1)).isEqualTo("p 0-10");
    assertThat(takes(READER)).isEqualTo("p 10-20");
    assertThat(takes(B, FIRST, 1)).isEqualTo("p 20-30");
    assertThat(takes(OTHER)).isEqualTo("p 30-35");
    assertThat(takes(B, FIRST, 1)).isEqualTo("- 0-0");
    assertThat(job.replies().getLast().text()).isEqualTo("stream x 10");
  }

  @Test
  void givenAnAnswerThatWasLost_whenAskedAgain_thenItIsTheSame() {
    opens(A, FIRST, 1, "");
    offers(35);
    var take =
        new ToMaster.DatasetRequest(A, FIRST, 1, requests++, "x", DatasetVerb.TAKE, "", 0, 100, "");
    var first = asks(take);
    assertThat(takes(READER)).isEqualTo("p 10-20");
    assertThat(asks(take)).isEqualTo(first);
  }

  /** The members' state says what is done, so it does not matter what the master remembers. */
  @Test
  void givenAMemberThatDies_whenTheNextGroupOpens_thenWhatItsStateDoesNotHoldIsLentAgain() {
    opens(A, FIRST, 1, "");
    offers(35);
    takes(A, FIRST, 1);
    assertThat(takes(READER)).isEqualTo("p 10-20");
    job.trains(3);
    takes(B, FIRST, 4);
    var next = regroups(3);
    opens(B, next, 4, "x p 0-10\n");
    assertThat(takes(B, next, 4)).isEqualTo("p 10-20");
    assertThat(takes(B, next, 4)).isEqualTo("p 20-30");
    assertThat(takes(B, next, 4)).as("known from before").isEqualTo("p 30-35");
    var stale = asks(READER, FIRST, 0, DatasetVerb.RENEW, "p", 10, 20, "");
    assertThat(stale.problem()).contains("stale lease", "generation=1", "now generation=2");
    int before = job.replies().size();
    job.says(
        NODE,
        new ToMaster.DatasetRequest(
            B, FIRST, 4, requests++, "x", DatasetVerb.TAKE, "", 0, 100, ""));
    assertThat(job.replies()).as("of the generation that is over").hasSize(before);
  }

  @Test
  void givenAConsumerThatIsSilent_whenItsLeaseRunsOut_thenItsRangeIsLentToOthers_andItIsTold() {
    opens(A, FIRST, 1, "");
    offers(20);
    assertThat(takes(READER)).isEqualTo("p 0-10");
    assertThat(takes(OTHER)).isEqualTo("p 10-20");
    long leaseNs = DrivenJob.config(2, 1, 1, JobSpec.Checkpoint.OFF).leaseNs();
    for (int i = 0; i < 3; i++) {
      job.passes(leaseNs / 2);
      job.says(NODE, beat());
      assertThat(asks(OTHER, FIRST, 0, DatasetVerb.RENEW, "p", 10, 20, "").problem()).isEmpty();
    }
    assertThat(takes(A, FIRST, 1)).isEqualTo("p 0-10");
    assertThat(takes(A, FIRST, 1)).isEqualTo("- 0-0");
    assertThat(asks(READER, FIRST, 0, DatasetVerb.RENEW, "p", 0, 10, "").problem())
        .contains("stale lease");
    assertThat(job.notes()).contains("said nothing for");
  }

  private ToMaster beat() {
    return new ToMaster.Beat(List.of());
  }

  @Test
  void givenARangeThatAConsumerHolds_whenAMemberClaimsIt_thenItIsTheSteps_once() {
    opens(A, FIRST, 1, "");
    offers(20);
    takes(READER);
    takes(OTHER);
    var holder = READER.toString();
    assertThat(asks(B, FIRST, 1, DatasetVerb.CLAIM, "p", 0, 10, holder).problem()).isEmpty();
    assertThat(asks(B, FIRST, 1, DatasetVerb.CLAIM, "p", 0, 10, holder).problem())
        .contains("does not hold");
    job.says(NODE, leaves(READER));
    job.says(NODE, leaves(OTHER));
    assertThat(takes(A, FIRST, 1)).as("not the claimed one").isEqualTo("p 10-20");
    assertThat(takes(A, FIRST, 1)).isEqualTo("- 0-0");
  }

  @Test
  void givenAWorkerThatWritesNonsense_whenItAsks_thenItIsTold_andNothingHasChanged() {
    for (var text : List.of("", "stream x", "stream x ten\n", "stream x 10\nx p 5-1\n")) {
      assertThat(asks(A, FIRST, 1, DatasetVerb.OPEN, "", 0, 0, text).problem())
          .contains("malformed request");
    }
    opens(A, FIRST, 1, "");
    offers(20);
    assertThat(asks(A, FIRST, 1, DatasetVerb.TAKE, "", 0, -1, "").problem())
        .contains("malformed request");
    assertThat(asks(A, FIRST, 1, DatasetVerb.CLAIM, "p", 0, 5, "nobody").problem())
        .contains("malformed request");
    assertThat(takes(READER)).isEqualTo("p 0-10");
  }

  private ToMaster leaves(WorkerId consumer) {
    return new ToMaster.DatasetRequest(
        consumer, Generation.NONE, 0, 0, "", DatasetVerb.LEAVE, "", 0, 0, "");
  }

  @Test
  void givenMembersThatDisagree_orANameThatNobodyKnows_whenTheyAsk_thenTheyAreToldWhy() {
    opens(A, FIRST, 1, "");
    assertThat(asks(B, FIRST, 1, DatasetVerb.OPEN, "", 0, 0, "stream x 11\n").problem())
        .contains("different datasets", "stream x 10", "stream x 11");
    var unknown =
        new ToMaster.DatasetRequest(
            READER, Generation.NONE, 0, requests++, "y", DatasetVerb.TAKE, "", 0, 1, "");
    assertThat(asks(unknown).problem()).contains("no such dataset: dataset=y known=[x]");
    job.passes(SECOND);
    assertThat(job.differentInReplay()).isEmpty();
  }
}
