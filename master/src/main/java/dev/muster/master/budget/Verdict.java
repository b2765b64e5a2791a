package dev.muster.master.budget;

/** What a failure leads to, with the budget that is left and the reason in words. */
public sealed interface Verdict {
  /** The budget from now on. */
  RestartBudget budget();

  String reason();

  /** Recover; the failure was the first of its generation. */
  record Restart(RestartBudget budget, String reason) implements Verdict {}

  /** Follows from a failure of the same generation that came first; neither charged nor blamed. */
  record Secondary(RestartBudget budget, String reason) implements Verdict {}

  /** The job ends. */
  sealed interface End extends Verdict {
    /** Exit code of the run. */
    int exitCode();
  }

  /** The user's code failed too often. */
  record Failed(RestartBudget budget, String reason) implements End {
    @Override
    public int exitCode() {
      return 1;
    }
  }

  /** The machines failed too often: the same job may succeed elsewhere. */
  record Requeue(RestartBudget budget, String reason) implements End {
    @Override
    public int exitCode() {
      return 75;
    }
  }

  /** It would fail again wherever it ran. */
  record DoNotRequeue(RestartBudget budget, String reason) implements End {
    @Override
    public int exitCode() {
      return 93;
    }
  }
}
