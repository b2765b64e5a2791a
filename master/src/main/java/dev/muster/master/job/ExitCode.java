package dev.muster.master.job;

/** Exit codes of {@code ./muster run}; 128+n means ended by signal n. */
public final class ExitCode {
  public static final int SUCCESS = 0;
  public static final int FAILED = 1;
  public static final int USAGE = 2;

  /** Temporary: the scheduler may requeue the job (sysexits EX_TEMPFAIL). */
  public static final int REQUEUE = 75;

  /** The same failure again and again: requeueing cannot help. */
  public static final int DO_NOT_REQUEUE = 93;

  /** Asked to stop: 128 + SIGINT. */
  public static final int CANCELLED = 130;

  private ExitCode() {}
}
