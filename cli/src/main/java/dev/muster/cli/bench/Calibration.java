package dev.muster.cli.bench;

import dev.muster.protocol.run.Progress;

/**
 * Finds the size of the small model at which a step takes about as long as wanted on this machine.
 * Pure.
 *
 * @param hidden units of the hidden layer
 * @param stepMs of an undisturbed run with them; NaN before the first
 */
public record Calibration(int hidden, double stepMs) {
  /** Tokens of one step of the shipped small model with its default batch and context. */
  private static final double TOKENS_PER_STEP = 32 * 16;

  private static final int HIDDEN_MIN = 8;
  private static final int HIDDEN_MAX = 1024;
  private static final double TOLERANCE = 0.25;

  public static final Calibration FIRST = new Calibration(64, Double.NaN);

  /** What an undisturbed run of {@link #hidden} has shown. */
  public Calibration measured(Progress last) {
    return new Calibration(hidden, TOKENS_PER_STEP / last.unitsPerSecond() * 1000);
  }

  public boolean near(double wantedMs) {
    return Math.abs(stepMs - wantedMs) <= TOLERANCE * wantedMs;
  }

  /** The work of a step grows with the hidden layer. */
  public Calibration next(double wantedMs) {
    long scaled = Math.round(hidden * wantedMs / stepMs);
    return new Calibration((int) Math.clamp(scaled, HIDDEN_MIN, HIDDEN_MAX), Double.NaN);
  }
}
