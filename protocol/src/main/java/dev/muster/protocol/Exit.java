package dev.muster.protocol;

/**
 * How a process ended. The JVM reports signal n as code 128+n, other launchers as -n: both are kept
 * apart here.
 *
 * @param code exit code, 0 to 255; 0 when a signal ended it
 * @param signal signal number, 0 when it exited by itself
 */
public record Exit(int code, int signal) {
  /**
   * Of a worker that may no longer take part and stops itself, or goes because its agent goes
   * (sysexits EX_TEMPFAIL).
   */
  public static final Exit FENCED = new Exit(75, 0);

  public static Exit code(int code) {
    return new Exit(code, 0);
  }

  public static Exit signal(int signal) {
    return new Exit(0, signal);
  }

  /**
   * From {@link Process#exitValue()}. A process that itself exits with 128+n is indistinguishable
   * from signal n.
   */
  public static Exit ofJava(int exitValue) {
    return exitValue > 128 && exitValue < 128 + 65 ? signal(exitValue - 128) : code(exitValue);
  }

  public boolean success() {
    return code == 0 && signal == 0;
  }

  @Override
  public String toString() {
    return signal == 0 ? "exit code " + code : signalName();
  }

  private String signalName() {
    return switch (signal) {
      case 1 -> "SIGHUP";
      case 2 -> "SIGINT";
      case 3 -> "SIGQUIT";
      case 4 -> "SIGILL";
      case 6 -> "SIGABRT";
      case 7 -> "SIGBUS";
      case 8 -> "SIGFPE";
      case 9 -> "SIGKILL";
      case 11 -> "SIGSEGV";
      case 15 -> "SIGTERM";
      default -> "signal " + signal;
    };
  }
}
