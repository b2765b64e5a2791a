package dev.muster.trainer.optimizer;

/**
 * Linear warm-up, then half a cosine down to a tenth of the peak, then constant. A function of the
 * step number alone.
 *
 * @param peak reached at {@code warmupSteps}; too high: the loss diverges, too low: training is
 *     slow
 * @param warmupSteps too few: an early jump of the loss
 * @param decaySteps step at which the final rate is reached; usually the steps of the job
 */
public record LearningRate(double peak, long warmupSteps, long decaySteps) {
  private static final double FINAL_SHARE = 0.1;

  /**
   * The rate of step {@code step}, 1-based. StrictMath, because its bits must not depend on the
   * machine.
   */
  public double at(long step) {
    if (step < warmupSteps) {
      return peak * step / warmupSteps;
    }
    if (step >= decaySteps) {
      return peak * FINAL_SHARE;
    }
    double progress = (double) (step - warmupSteps) / (decaySteps - warmupSteps);
    return peak
        * (FINAL_SHARE + (1 - FINAL_SHARE) * 0.5 * (1 + StrictMath.cos(Math.PI * progress)));
  }
}
