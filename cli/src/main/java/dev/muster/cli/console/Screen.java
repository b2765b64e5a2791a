package dev.muster.cli.console;

import java.io.PrintStream;

/**
 * Where lines go. On a terminal the last line is live: replaced in place, and moved down by every
 * line printed above it. Elsewhere there is no live line. Any thread may print.
 */
public final class Screen {
  private static final String ERASE_LINE = "\r\u001b[2K";

  private final PrintStream out;
  private final int columns;
  private String live = "";

  /**
   * @param columns width of the terminal, 0 when {@code out} is not one
   */
  public Screen(PrintStream out, int columns) {
    this.out = out;
    this.columns = columns;
  }

  /**
   * Standard output; the launcher script says in a property whether it is a terminal and how wide.
   */
  public static Screen standard() {
    return new Screen(System.out, Integer.getInteger("muster.terminal.columns", 0));
  }

  public boolean terminal() {
    return columns > 0;
  }

  public synchronized void line(String text) {
    if (live.isEmpty()) {
      out.println(text);
    } else {
      out.print(ERASE_LINE + text + System.lineSeparator() + live);
    }
    out.flush();
  }

  /** Replaces the live line; nothing without a terminal. */
  public synchronized void live(String text) {
    var fitted = ProgressLine.fit(text, columns);
    if (terminal() && !fitted.equals(live)) {
      live = fitted;
      out.print(ERASE_LINE + live);
      out.flush();
    }
  }

  /** Takes the live line away: others are about to print. */
  public synchronized void erase() {
    if (!live.isEmpty()) {
      live = "";
      out.print(ERASE_LINE);
      out.flush();
    }
  }

  /** Ends the live line and leaves it there. */
  public synchronized void settle() {
    if (!live.isEmpty()) {
      live = "";
      out.println();
      out.flush();
    }
  }
}
