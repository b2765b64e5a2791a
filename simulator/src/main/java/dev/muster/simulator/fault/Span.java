package dev.muster.simulator.fault;

/** A length of time, drawn: each is a function of one uniform value. ns. */
public sealed interface Span {
  Span ZERO = new Fixed(0);

  /** Longest that is drawn: a tail must not outlive every horizon, nor overflow a long. */
  long MAX_NS = 365L * 86_400 * 1_000_000_000L;

  /**
   * @param first uniform in [0, 1)
   * @param second likewise, used by a distribution that needs two
   */
  long ns(double first, double second);

  record Fixed(long lengthNs) implements Span {
    @Override
    public long ns(double first, double second) {
      return lengthNs;
    }
  }

  record Exponential(long meanNs) implements Span {
    @Override
    public long ns(double first, double second) {
      return Math.min(MAX_NS, (long) (-StrictMath.log(1 - first) * meanNs));
    }
  }

  /**
   * @param sigma of the logarithm; 0 is fixed, 1 has one in a hundred ten times the median
   */
  record Lognormal(long medianNs, double sigma) implements Span {
    @Override
    public long ns(double first, double second) {
      double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - first)); // Box and Muller
      double normal = radius * StrictMath.cos(2 * StrictMath.PI * second);
      return (long) Math.min(MAX_NS, medianNs * StrictMath.exp(sigma * normal));
    }
  }
}
