package dev.muster.cli;

/** Exit codes of every command; 93 (do not requeue) comes from {@code result.json} alone. */
public final class ExitCodes {
  public static final int SUCCESS = 0;
  public static final int FAILED = 1;
  public static final int USAGE = 2;

  /** What was to be judged could not be: a drill or a journal is broken. */
  public static final int BROKEN = 3;

  public static final int REQUEUE = 75;

  private ExitCodes() {}

  public static int signal(int number) {
    return 128 + number;
  }
}
