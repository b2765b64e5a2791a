package dev.muster.master.checkpoint;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/**
 * How many of the equally likely ways to lose some nodes at once leave every snapshot with a copy.
 *
 * <p>Counted in whole numbers, because the alternating sum would cancel the digits that logarithms
 * of factorials have; only the last division rounds, to 16 digits.
 *
 * @param survivable ways in which no snapshot is lost
 * @param all ways
 */
public record Survival(BigInteger survivable, BigInteger all) {

  public static Survival of(Placement placement, int losses) {
    return of(placement.groups().size(), placement.ring().size(), placement.copies(), losses);
  }

  /** The same for group or mixed placement of so many nodes. */
  public static Survival of(int nodes, int copies, int losses) {
    int rest = nodes % copies;
    int ring = rest == 0 ? 0 : copies + rest;
    return of((nodes - ring) / copies, ring, copies, losses);
  }

  private static Survival of(int groups, int ring, int copies, int losses) {
    int nodes = groups * copies + ring;
    if (losses < 0 || losses > nodes) {
      throw new IllegalArgumentException(
          "cannot lose so many: losses=" + losses + " nodes=" + nodes);
    }
    BigInteger survivable = BigInteger.ZERO;
    for (int inRing = 0; inRing <= Math.min(ring, losses); inRing++) {
      survivable =
          survivable.add(
              ofRing(ring, copies, inRing).multiply(ofGroups(groups, copies, losses - inRing)));
    }
    return new Survival(survivable, choose(nodes, losses));
  }

  /** Probability that nothing is lost. */
  public double probability() {
    return ratio(survivable);
  }

  /** Probability that some snapshot is; not taken from the other one, which may round to 1. */
  public double lossProbability() {
    return ratio(all.subtract(survivable));
  }

  private double ratio(BigInteger ways) {
    return new BigDecimal(ways).divide(new BigDecimal(all), MathContext.DECIMAL64).doubleValue();
  }

  /**
   * Ways in which no group is lost whole, by inclusion and exclusion over the lost groups: the sum
   * over j of {@code (-1)^j C(groups, j) C(nodes - j copies, losses - j copies)}. Each term's
   * binomials follow from those of the term before.
   */
  private static BigInteger ofGroups(int groups, int copies, int losses) {
    int nodes = groups * copies;
    BigInteger sum = BigInteger.ZERO;
    BigInteger whichGroups = BigInteger.ONE;
    BigInteger others = choose(nodes, losses);
    for (int lost = 0; lost <= groups && lost * copies <= losses; lost++) {
      BigInteger term = whichGroups.multiply(others);
      sum = lost % 2 == 0 ? sum.add(term) : sum.subtract(term);
      whichGroups = whichGroups.multiply(big(groups - lost)).divide(big(lost + 1));
      others = without(others, nodes - lost * copies, losses - lost * copies, copies);
    }
    return sum;
  }

  /** {@code C(n - count, k - count)} from {@code C(n, k)}. */
  private static BigInteger without(BigInteger choose, int n, int k, int count) {
    BigInteger result = choose;
    for (int i = 0; i < count && n > i; i++) {
      result = result.multiply(big(Math.max(0, k - i))).divide(big(n - i));
    }
    return result;
  }

  /**
   * Ways in which no {@code copies} neighbours of the ring are lost. A ring is shorter than two
   * such runs, so a lost one is the only one: it has its length, its start, a survivor at both
   * ends, and any choice among the rest.
   */
  private static BigInteger ofRing(int ring, int copies, int losses) {
    if (ring > 0 && losses >= ring - 1) {
      return BigInteger.ZERO;
    }
    BigInteger survivable = choose(ring, losses);
    for (int run = copies; run <= losses; run++) {
      survivable = survivable.subtract(big(ring).multiply(choose(ring - run - 2, losses - run)));
    }
    return survivable;
  }

  private static BigInteger choose(int n, int k) {
    if (k < 0 || k > n) {
      return BigInteger.ZERO;
    }
    BigInteger result = BigInteger.ONE;
    for (int i = 1; i <= Math.min(k, n - k); i++) {
      result = result.multiply(big(n - i + 1)).divide(big(i));
    }
    return result;
  }

  private static BigInteger big(int value) {
    return BigInteger.valueOf(value);
  }
}
