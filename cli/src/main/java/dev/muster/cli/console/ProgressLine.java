package dev.muster.cli.console;

import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.RunState;
import java.util.Locale;
import java.util.StringJoiner;

/**
 * One line of progress: the live line on a terminal, every few seconds a plain one elsewhere. Pure.
 */
public final class ProgressLine {
  private ProgressLine() {}

  /**
   * @param elapsedSeconds since the start of this command, for the estimate of what is left
   * @param stepsDone committed since then
   */
  public static String text(Progress p, double elapsedSeconds, long stepsDone) {
    var line = new StringJoiner("  ");
    line.add("step " + p.step() + "/" + p.steps());
    line.add("loss " + Figures.loss(p.loss()));
    line.add(Figures.rate(p.unitsPerSecond()) + " " + p.unit() + "/s");
    line.add("generation " + p.generation());
    line.add(
        "workers "
            + p.workers()
            + "/"
            + p.workersWanted()
            + (p.spares() > 0 ? "+" + p.spares() : ""));
    if (p.state() != RunState.RUNNING) {
      line.add(
          p.state().name().toLowerCase(Locale.ROOT)
              + (p.detail().isEmpty() ? "" : ": " + p.detail()));
    } else if (stepsDone > 0 && p.step() < p.steps()) {
      line.add("left " + Figures.duration(elapsedSeconds / stepsDone * (p.steps() - p.step())));
    }
    return line.toString();
  }

  /** For a command that does not report steps. */
  public static String plainCommand(Progress p, double elapsedSeconds) {
    return "running "
        + Figures.duration(elapsedSeconds)
        + "  generation "
        + p.generation()
        + "  workers "
        + p.workers()
        + "/"
        + p.workersWanted()
        + (p.state() == RunState.RUNNING ? "" : "  " + p.state().name().toLowerCase(Locale.ROOT))
        + (p.detail().isEmpty() ? "" : ": " + p.detail());
  }

  /** Cut to what fits one terminal line; a longer one would wrap and could not be replaced. */
  public static String fit(String text, int columns) {
    return text.length() < columns ? text : text.substring(0, Math.max(1, columns - 2)) + "…";
  }
}
