package dev.muster.master.budget;

import static dev.muster.master.budget.FailureKind.HANG;
import static dev.muster.master.budget.FailureKind.INFRASTRUCTURE;
import static dev.muster.master.budget.FailureKind.PREEMPTION;
import static dev.muster.master.budget.FailureKind.USER_ERROR;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import org.junit.jupiter.api.Test;

final class RestartBudgetTest {
  private static final Exit KILLED = Exit.signal(9);
  private static final String OOM = "java.lang.OutOfMemoryError: heap";

  /** A41: reset limit 1 / 2 and a run that needs two resets. */
  @Test
  void givenA41_whenTwoRestartsAreNeeded_thenLimit1FailsAndLimit2GoesOn() {
    for (int limit = 1; limit <= 2; limit++) {
      var first = budget(limit, 10).charge(failure(1, 10, USER_ERROR, OOM));
      var second = first.budget().charge(failure(2, 20, USER_ERROR, OOM));
      assertThat(first).isInstanceOf(Verdict.Restart.class);
      assertThat(second).isInstanceOf(limit == 1 ? Verdict.Failed.class : Verdict.Restart.class);
    }
  }

  @Test
  void givenUserErrorsAboveTheLimit_whenCharged_thenFailedWithCode1AndTheFirstCauseNamed() {
    var verdict = budget(0, 10).charge(failure(1, 10, USER_ERROR, OOM));
    assertThat(verdict)
        .isInstanceOfSatisfying(
            Verdict.Failed.class, failed -> assertThat(failed.exitCode()).isEqualTo(1));
    assertThat(verdict.reason())
        .contains("OutOfMemoryError", "rank=2", "userErrors=1 maxRestarts=0");
  }

  @Test
  void givenInfrastructureAboveTheLimit_whenCharged_thenRequeueWithCode75() {
    var first = budget(0, 1).charge(failure(1, 10, INFRASTRUCTURE, ""));
    var second = first.budget().charge(failure(2, 20, HANG, ""));
    assertThat(first).isInstanceOf(Verdict.Restart.class);
    assertThat(second)
        .isInstanceOfSatisfying(
            Verdict.Requeue.class, end -> assertThat(end.exitCode()).isEqualTo(75));
  }

  @Test
  void givenManyPreemptions_whenCharged_thenNoBudgetIsUsed() {
    RestartBudget budget = budget(0, 0);
    for (int generation = 1; generation <= 100; generation++) {
      var verdict = budget.charge(failure(generation, 5, PREEMPTION, ""));
      assertThat(verdict).isInstanceOf(Verdict.Restart.class);
      budget = verdict.budget();
    }
    assertThat(budget.preemptions()).isEqualTo(100);
    assertThat(budget.userErrors() + budget.infrastructureFailures() + budget.hangs()).isZero();
  }

  /** Assumed to be nobody's fault while nobody knew. */
  @Test
  void givenAnEndThatIsExplainedLate_whenRecharged_thenItCountsAsWhatItWas() {
    var assumed = failure(1, 10, INFRASTRUCTURE, "");
    var budget = budget(0, 1).charge(assumed).budget();
    assertThat(budget.infrastructureFailures()).isEqualTo(1);
    var verdict = budget.recharge(assumed, failure(1, 10, USER_ERROR, OOM));
    assertThat(verdict).isInstanceOf(Verdict.Failed.class);
    assertThat(verdict.budget().infrastructureFailures()).isZero();
    assertThat(verdict.budget().userErrors()).isEqualTo(1);
    assertThat(verdict.budget().charge(failure(1, 10, HANG, "")))
        .isInstanceOf(Verdict.Secondary.class);
  }

  @Test
  void givenSeveralReportsOfOneGeneration_whenCharged_thenOnlyTheFirstCounts() {
    var first = budget(3, 10).charge(failure(4, 10, INFRASTRUCTURE, ""));
    var second = first.budget().charge(failure(4, 10, USER_ERROR, "Reset: peer gone"));
    var older = second.budget().charge(failure(3, 10, USER_ERROR, "Reset: peer gone"));
    assertThat(second).isInstanceOf(Verdict.Secondary.class);
    assertThat(older).isInstanceOf(Verdict.Secondary.class);
    assertThat(older.budget().userErrors()).isZero();
    assertThat(older.budget().infrastructureFailures()).isEqualTo(1);
  }

  @Test
  void givenFailuresOutsideAGroup_whenCharged_thenEachIsAnIncident() {
    var first = budget(9, 9).charge(failure(0, -1, INFRASTRUCTURE, ""));
    var second = first.budget().charge(failure(0, -1, INFRASTRUCTURE, ""));
    assertThat(second.budget().infrastructureFailures()).isEqualTo(2);
  }

  @Test
  void givenTheSameFailureAtTheSameStep_whenItComesAThirdTime_thenDoNotRequeueWithCode93() {
    RestartBudget budget = budget(9, 9);
    Verdict verdict = null;
    for (int generation = 1; generation <= 3; generation++) {
      verdict = budget.charge(failure(generation, 10, USER_ERROR, OOM));
      budget = verdict.budget();
    }
    assertThat(verdict)
        .isInstanceOfSatisfying(
            Verdict.DoNotRequeue.class, end -> assertThat(end.exitCode()).isEqualTo(93));
    assertThat(verdict.reason()).contains("step=10 times=3");
  }

  /** Decision part of A77: one step of progress between the failures starts the count anew. */
  @Test
  void givenProgressOfOneStep_whenTheSameFailureReturns_thenTheCountStartsAnew() {
    RestartBudget budget = budget(9, 9);
    for (int generation = 1; generation <= 6; generation++) {
      var verdict = budget.charge(failure(generation, 10 + (generation + 1) / 2, USER_ERROR, OOM));
      assertThat(verdict).as("generation=" + generation).isInstanceOf(Verdict.Restart.class);
      budget = verdict.budget();
    }
  }

  /** Steps were committed, then nobody was left who held them. */
  @Test
  void givenProgressThatWasLostAgain_whenTheSameFailureReturns_thenTheCountStartsAnew() {
    RestartBudget budget = budget(9, 9);
    for (int generation = 1; generation <= 6; generation += 2) {
      var verdict = budget.charge(failure(generation, 10, HANG, ""));
      assertThat(verdict).as("generation=" + generation).isInstanceOf(Verdict.Restart.class);
      budget = verdict.budget().charge(failure(generation + 1, 20, INFRASTRUCTURE, "")).budget();
    }
  }

  @Test
  void givenOtherCausesOrUnknownSteps_whenTheyMeetTheSameStep_thenTheyAreNotTheSameFailure() {
    var mixed =
        budget(9, 9)
            .charge(failure(1, 10, USER_ERROR, OOM))
            .budget()
            .charge(failure(2, 10, USER_ERROR, "IllegalState: x"))
            .budget()
            .charge(failure(3, 10, USER_ERROR, OOM));
    assertThat(mixed.budget().repeat().times()).isEqualTo(1);
    var unknown = budget(9, 9);
    for (int generation = 1; generation <= 5; generation++) {
      unknown = unknown.charge(failure(generation, -1, USER_ERROR, "")).budget();
    }
    assertThat(unknown.repeat().times()).isEqualTo(1);
  }

  @Test
  void givenKillsOfDifferentRanksAtOneStep_whenCharged_thenTheStepIsNotPoisoned() {
    RestartBudget budget = budget(0, 9);
    for (int rank = 0; rank < 5; rank++) {
      var killed =
          new Failure(worker(rank), rank, new Generation(rank + 1), 10, INFRASTRUCTURE, KILLED, "");
      assertThat(budget.charge(killed)).isInstanceOf(Verdict.Restart.class);
      budget = budget.charge(killed).budget();
    }
  }

  @Test
  void givenAWorkerThatExitsWith93_whenCharged_thenItIsNeverRestarted() {
    var failure = new Failure(worker(0), 0, new Generation(1), 7, USER_ERROR, Exit.code(93), "");
    assertThat(budget(9, 9).charge(failure)).isInstanceOf(Verdict.DoNotRequeue.class);
  }

  @Test
  void givenExits_whenClassified_thenSignalsAreInfrastructureAndErrorsTheUsers() {
    for (int signal : new int[] {6, 7, 9, 11, 15}) {
      assertThat(FailureKind.classify(Exit.signal(signal), "", false)).contains(INFRASTRUCTURE);
    }
    assertThat(FailureKind.classify(Exit.code(1), "", false)).contains(USER_ERROR);
    assertThat(FailureKind.classify(Exit.code(0), OOM, false)).contains(USER_ERROR);
    assertThat(FailureKind.classify(Exit.signal(6), OOM, false)).contains(USER_ERROR);
    assertThat(FailureKind.classify(Exit.code(0), "", false)).isEmpty();
    assertThat(FailureKind.classify(KILLED, "", true)).isEmpty();
  }

  @Test
  void givenWorkersThatFenceThemselvesAgainAndAgain_whenCharged_thenNoStepIsPoisoned() {
    var budget = budget(3, 1000);
    for (int i = 0; i < 10; i++) {
      var killed = failure(0, 95, INFRASTRUCTURE, "");
      var fenced =
          new Failure(killed.worker(), -1, Generation.NONE, 95, INFRASTRUCTURE, Exit.FENCED, "");
      var verdict = budget.charge(fenced);
      assertThat(verdict).isInstanceOf(Verdict.Restart.class);
      budget = verdict.budget();
    }
  }

  /** Found by a drill: a master that stood still for longer than a lease ended the job. */
  @Test
  void givenAManagedWorker_whenItExits_thenOnlyOneThatFencedItselfIsNobodysFault() {
    assertThat(FailureKind.ofManaged(Exit.FENCED, "")).isEqualTo(INFRASTRUCTURE);
    assertThat(FailureKind.ofManaged(Exit.FENCED, OOM)).isEqualTo(USER_ERROR);
    assertThat(FailureKind.ofManaged(Exit.code(0), "")).isEqualTo(USER_ERROR);
    assertThat(FailureKind.ofManaged(KILLED, "")).isEqualTo(INFRASTRUCTURE);
  }

  private static RestartBudget budget(int userErrors, int infrastructure) {
    return RestartBudget.of(new RestartBudget.Limits(userErrors, infrastructure, 3));
  }

  private static Failure failure(long generation, long step, FailureKind kind, String error) {
    Exit exit = kind == USER_ERROR ? Exit.code(1) : KILLED;
    return new Failure(worker(2), 2, new Generation(generation), step, kind, exit, error);
  }

  private static WorkerId worker(int number) {
    return new WorkerId(new NodeId("n0"), number);
  }

  @Test
  void givenSameRankKilledAgainAndAgainAtOneStep_whenCharged_thenTheJobGoesOn() {
    var budget = budget(3, 10);
    for (int generation = 1; generation <= 5; generation++) {
      var killed =
          new Failure(
              worker(0), 0, new Generation(generation), 10, INFRASTRUCTURE, Exit.signal(9), "");
      var verdict = budget.charge(killed);
      assertThat(verdict).as(verdict.reason()).isInstanceOf(Verdict.Restart.class);
      budget = verdict.budget();
    }
  }
}
