package dev.muster.cli.console;

/** How far a drill with many seeds has come, as one live line. Pure. */
public final class SeedsLine {
  private static final int WIDTH = 24;

  private SeedsLine() {}

  public static String text(int done, int all, int notMet, double elapsedSeconds) {
    int full = all == 0 ? 0 : WIDTH * done / all;
    String left =
        done == 0 ? "" : "  left " + Figures.duration(elapsedSeconds / done * (all - done));
    return "[%s%s] %d/%d seeds%s%s"
        .formatted(
            "█".repeat(full),
            "░".repeat(WIDTH - full),
            done,
            all,
            notMet == 0 ? "" : ", " + notMet + " not met",
            done == all ? "" : left);
  }
}
