package dev.muster.master.budget;

import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.job.JobSpec;
import java.util.Optional;

/**
 * How many failures a job has had and how many it may have; immutable.
 *
 * <p>User errors, infrastructure failures (with hangs) and preemptions are counted apart, so that
 * preempted machines never eat the budget of the user's own errors. A generation is one incident:
 * the first failure by the master's clock is its cause and is charged, later ones of the same or an
 * older generation are {@link Verdict.Secondary}. Failures outside a group ({@link
 * Generation#NONE}) are incidents of their own.
 *
 * @param charged newest generation that has been charged
 * @param repeat the latest failure and how often in a row it came back at the same step; a step
 *     committed in between starts anew
 */
public record RestartBudget(
    Limits limits,
    int userErrors,
    int infrastructureFailures,
    int hangs,
    int preemptions,
    Generation charged,
    Repeat repeat) {

  /** Exit code by which a worker itself asks never to be restarted. */
  static final int NEVER_RESTART = 93;

  private static final int SIGKILL = 9;

  /**
   * @param userErrors tolerated; too small: a flaky data read ends the job, too large: hours lost
   *     on a bug
   * @param infrastructureFailures signals, lost nodes and hangs tolerated before the job is handed
   *     back
   * @param sameFailure how often in a row the same failure may meet the same step before the step
   *     counts as poisoned
   */
  public record Limits(int userErrors, int infrastructureFailures, int sameFailure) {
    public static Limits of(JobSpec job) {
      return new Limits(job.maxRestarts(), job.maxInfrastructureFailures(), 3);
    }
  }

  /**
   * @param step -1 when unknown; such failures never count as the same
   */
  public record Repeat(String cause, long step, int times) {
    static final Repeat NONE = new Repeat("", -1, 0);

    /**
     * A SIGKILL comes from outside (an operator, the memory killer, a drill), and so does the end
     * of a lease: neither speaks against a step. It may tell of progress, though, that was lost
     * again by the time the same failure comes back.
     */
    Repeat next(Failure failure) {
      boolean fromOutside =
          failure.exit().signal() == SIGKILL || failure.exit().equals(Exit.FENCED);
      if (failure.kind() == FailureKind.INFRASTRUCTURE && fromOutside) {
        return failure.step() > step ? NONE : this;
      }
      boolean same = step >= 0 && step == failure.step() && cause.equals(failure.cause());
      return new Repeat(failure.cause(), failure.step(), same ? times + 1 : 1);
    }
  }

  public static RestartBudget of(Limits limits) {
    return new RestartBudget(limits, 0, 0, 0, 0, Generation.NONE, Repeat.NONE);
  }

  /** User errors that may still come without ending the job. */
  public int restartsRemaining() {
    return Math.max(0, limits.userErrors() - userErrors);
  }

  /** Judges one failure. Pure: the new budget is in the verdict. */
  public Verdict charge(Failure failure) {
    if (isSecondary(failure)) {
      return new Verdict.Secondary(
          this, describe(failure) + " follows from an earlier failure of generation=" + charged);
    }
    return judged(failure);
  }

  private Verdict judged(Failure failure) {
    RestartBudget after = counted(failure);
    return after
        .end(failure)
        .orElseGet(() ->
            new Verdict.Restart(
                after, describe(failure) + "; restarting: " + after.spent(failure.kind())));
  }

  /**
   * Judges a failure that was charged as another one before anybody knew how it came about.
   *
   * @param assumed as it was charged; it was no {@link Verdict.Secondary}
   */
  public Verdict recharge(Failure assumed, Failure actual) {
    var kind = assumed.kind();
    var before =
        new RestartBudget(
            limits,
            userErrors - one(kind, FailureKind.USER_ERROR),
            infrastructureFailures - one(kind, FailureKind.INFRASTRUCTURE),
            hangs - one(kind, FailureKind.HANG),
            preemptions - one(kind, FailureKind.PREEMPTION),
            charged,
            repeat);
    return before.judged(actual);
  }

  private boolean isSecondary(Failure failure) {
    return !failure.generation().equals(Generation.NONE) && !charged.isBefore(failure.generation());
  }

  private RestartBudget counted(Failure failure) {
    FailureKind kind = failure.kind();
    return new RestartBudget(
        limits,
        userErrors + one(kind, FailureKind.USER_ERROR),
        infrastructureFailures + one(kind, FailureKind.INFRASTRUCTURE),
        hangs + one(kind, FailureKind.HANG),
        preemptions + one(kind, FailureKind.PREEMPTION),
        charged.isBefore(failure.generation()) ? failure.generation() : charged,
        kind == FailureKind.PREEMPTION ? repeat : repeat.next(failure));
  }

  private static int one(FailureKind actual, FailureKind counted) {
    return actual == counted ? 1 : 0;
  }

  /**
   * The whole rule, first match wins: preempted, asked never to restart, poisoned step, user
   * errors, infrastructure.
   */
  private Optional<Verdict> end(Failure failure) {
    if (failure.kind() == FailureKind.PREEMPTION) {
      return Optional.empty();
    }
    if (failure.exit().code() == NEVER_RESTART) {
      return Optional.of(
          new Verdict.DoNotRequeue(this, describe(failure) + " asks never to be restarted"));
    }
    if (failure.kind() == FailureKind.USER_ERROR && userErrors > limits.userErrors()) {
      return Optional.of(
          new Verdict.Failed(
              this, describe(failure) + "; budget used up: " + spent(failure.kind())));
    }
    if (repeat.step() >= 0 && repeat.times() >= limits.sameFailure()) {
      return Optional.of(
          new Verdict.DoNotRequeue(
              this,
              describe(failure)
                  + "; no progress: the same failure met step="
                  + repeat.step()
                  + " times="
                  + repeat.times()
                  + " in a row; look at the first cause before running it again"));
    }
    if (failure.kind() != FailureKind.USER_ERROR
        && infrastructureFailures + hangs > limits.infrastructureFailures()) {
      return Optional.of(
          new Verdict.Requeue(
              this,
              describe(failure)
                  + "; budget used up: "
                  + spent(failure.kind())
                  + "; run the job again elsewhere"));
    }
    return Optional.empty();
  }

  private String spent(FailureKind kind) {
    return switch (kind) {
      case USER_ERROR -> "userErrors=" + userErrors + " maxRestarts=" + limits.userErrors();
      case INFRASTRUCTURE, HANG ->
          "infrastructureFailures="
              + infrastructureFailures
              + " hangs="
              + hangs
              + " maxInfrastructureFailures="
              + limits.infrastructureFailures();
      case PREEMPTION -> "preemptions=" + preemptions + ", not charged";
    };
  }

  private static String describe(Failure failure) {
    return "worker="
        + failure.worker()
        + " rank="
        + failure.rank()
        + " generation="
        + failure.generation()
        + " step="
        + failure.step()
        + " ended by "
        + failure.kind()
        + " ("
        + failure.firstLine()
        + ")";
  }
}
