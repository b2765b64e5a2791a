package dev.muster.master.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.ToMaster;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which of several failed ranks of a plain command is the cause. Exits are told in this order. */
class CommandGroupTest {
  private static final NodeId NODE = new NodeId("a");
  private static final String PEER_LOST =
      "RuntimeError: [../gloo/transport/tcp/pair.cc:598] Connection closed by peer [127.0.0.1]:3";
  private static final String OWN = "ValueError: no such column";

  private final DrivenJob job = new DrivenJob(DrivenJob.plain(3, 1));
  private long generation;

  private List<WorkerId> start() {
    job.registers(NODE, 1);
    job.passes(2 * DrivenJob.SECOND);
    return next();
  }

  private List<WorkerId> next() {
    generation++;
    int launched = job.launched().size();
    assertThat(launched).isEqualTo((int) (3 * generation));
    return job.launched().subList(launched - 3, launched);
  }

  private void exits(WorkerId worker, Exit exit, String error) {
    job.says(
        NODE, new ToMaster.WorkerExited(worker, new Generation(generation), exit, 0, 0, error));
  }

  /** Every restart of the budget is used up in the same way. */
  private void until(Runnable attempt) {
    while (job.result() == null && generation < 10) {
      attempt.run();
      job.passes(2 * DrivenJob.SECOND);
    }
  }

  @Test
  void givenARankThatLostItsPeerFirst_whenThePeerSaysWhy_thenThePeerIsTheCause() {
    until(() -> {
      var ranks = generation == 0 ? start() : next();
      exits(ranks.get(0), Exit.code(1), PEER_LOST);
      exits(ranks.get(2), Exit.code(1), OWN);
      exits(ranks.get(1), Exit.signal(15), "");
    });
    var cause = job.result().firstCause();
    assertThat(cause.rank()).isEqualTo(2);
    assertThat(cause.trace()).isEqualTo(OWN);
    assertThat(cause.text()).contains("rank 0, which ended before, only lost its peer");
    assertThat(job.result().generations()).as("each incident is charged once").isEqualTo(4);
  }

  @Test
  void givenAKilledRank_whenItsPeersAreSeenFirst_thenNoUserErrorIsCharged() {
    for (int incident = 1; incident <= 6; incident++) {
      var ranks = incident == 1 ? start() : next();
      exits(ranks.get(1), Exit.code(1), PEER_LOST);
      exits(ranks.get(0), Exit.code(1), PEER_LOST);
      exits(ranks.get(2), Exit.signal(9), "");
      job.passes(2 * DrivenJob.SECOND);
    }
    assertThat(job.result()).as("more incidents than user errors are tolerated").isNull();
  }

  @Test
  void givenOnlyRanksThatLostTheirPeer_whenAllHaveEnded_thenTheFirstIsCharged() {
    until(() -> {
      var ranks = generation == 0 ? start() : next();
      exits(ranks.get(1), Exit.code(1), PEER_LOST);
      exits(ranks.get(0), Exit.code(1), PEER_LOST);
      exits(ranks.get(2), Exit.signal(15), "");
    });
    assertThat(job.result().firstCause().rank()).isEqualTo(1);
  }

  @Test
  void givenARankThatIgnoresSigterm_whenItIsKilledAfterTheGrace_thenItIsNotTheCause() {
    until(() -> {
      var ranks = generation == 0 ? start() : next();
      exits(ranks.get(1), Exit.code(1), PEER_LOST);
      exits(ranks.get(0), Exit.signal(15), "");
      job.passes(2 * DrivenJob.SECOND);
      exits(ranks.get(2), Exit.signal(9), "");
    });
    assertThat(job.result().firstCause().rank()).isEqualTo(1);
  }
}
