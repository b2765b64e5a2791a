package dev.muster.master.checkpoint;

import java.util.Locale;

/**
 * How often a job fails, estimated from what was seen: the mean of a Gamma distribution whose prior
 * counts as one failure in {@code priorMttfNs}, {@code (1 + failures) / (priorMttfNs + seenNs)}.
 *
 * <p>Why not failures over time: it is zero until the first one, and then wrong by a factor of
 * three or more one time in three, so that an interval would be endless, then far too short. The
 * prior keeps the estimate finite, fades like one over the number of failures, and a long quiet
 * time lowers the estimate by itself. Failures are taken to come one by one at a steady rate
 * (exponential times).
 *
 * @param failures seen that this tier would have recovered
 * @param seenNs job time they were seen in, of the present size of the job; scaled by the caller
 *     when the job grows or shrinks
 * @param priorMttfNs what was expected before; counts as one failure
 */
public record FailureRate(long failures, long seenNs, long priorMttfNs) {
  public FailureRate {
    if (failures < 0 || seenNs < 0 || priorMttfNs < 1) {
      throw new IllegalArgumentException(
          "impossible failure rate: failures="
              + failures
              + " seenNs="
              + seenNs
              + " priorMttfNs="
              + priorMttfNs);
    }
  }

  /** Failures per nanosecond. */
  double perNs() {
    return (1.0 + failures) / ((double) priorMttfNs + seenNs);
  }

  /** Standard deviation of the estimate over the estimate; 1 before any failure. */
  double relativeError() {
    return 1 / Math.sqrt(1.0 + failures);
  }

  String describe() {
    return String.format(
        Locale.ROOT,
        "mttfSeconds=%.4g failures=%d seenSeconds=%.4g relativeError=%.2f",
        1e-9 / perNs(),
        failures,
        seenNs * 1e-9,
        relativeError());
  }
}
