package dev.muster.cli;

/** Ends a command with one message for the person at the terminal, no stack trace. */
public final class UserError extends RuntimeException {
  private final int exitCode;

  private UserError(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /** The command line or the configuration is wrong: exit code 2. */
  public static UserError usage(String message) {
    return new UserError(ExitCodes.USAGE, message);
  }

  /** The machine is not as it must be (disk, port, file): exit code 1. */
  public static UserError failed(String message) {
    return new UserError(ExitCodes.FAILED, message);
  }

  /** What was to be judged cannot be read or played: exit code 3. */
  public static UserError broken(String message) {
    return new UserError(ExitCodes.BROKEN, message);
  }

  public static UserError requeue(String message) {
    return new UserError(ExitCodes.REQUEUE, message);
  }

  public int exitCode() {
    return exitCode;
  }
}
