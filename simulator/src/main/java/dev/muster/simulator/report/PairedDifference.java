package dev.muster.simulator.report;

import java.util.Arrays;

/**
 * Mean difference of pairs with its 95 % confidence interval (Student's t). Pairs share a seed, so
 * that what the world did to both cancels out.
 *
 * @param low NaN with fewer than two pairs
 */
public record PairedDifference(double mean, double low, double high, double[] differences) {
  /** Two-sided 97.5 % quantiles of Student's t for 1 to 30 degrees of freedom. */
  private static final double[] T = {
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042
  };

  private static final double Z = 1.960;

  /**
   * @param a one value a seed
   * @param b the same seeds in the same order
   */
  public static PairedDifference of(double[] a, double[] b) {
    if (a.length != b.length || a.length == 0) {
      throw new IllegalArgumentException("not pairs: a=" + a.length + " b=" + b.length);
    }
    var d = new double[a.length];
    Arrays.setAll(d, i -> a[i] - b[i]);
    double mean = Arrays.stream(d).average().orElseThrow();
    double squares = Arrays.stream(d).map(x -> (x - mean) * (x - mean)).sum();
    double half =
        d.length < 2
            ? Double.NaN
            : t(d.length - 1) * Math.sqrt(squares / (d.length - 1) / d.length);
    return new PairedDifference(mean, mean - half, mean + half, d);
  }

  private static double t(int degrees) {
    return degrees <= T.length
        ? T[degrees - 1]
        : Z + 2.4 / degrees; // within 0.003 of the exact one
  }

  /** Whether the interval leaves no doubt which is better. */
  public boolean certain() {
    return low > 0 || high < 0;
  }
}
