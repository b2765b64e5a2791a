package dev.muster.master.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.protocol.NodeId;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SurvivalTest {

  @Test
  void givenSixteenNodesInPairs_whenTwoOrThreeAreLost_thenCountsAreThoseOfTheWorkedExample() {
    var pairs = Survival.of(16, 2, 2);
    assertThat(pairs).isEqualTo(new Survival(big(112), big(120)));
    assertThat(pairs.probability()).isEqualTo(112.0 / 120);
    var triples = Survival.of(16, 2, 3);
    assertThat(triples).isEqualTo(new Survival(big(448), big(560)));
    assertThat(triples.probability()).isEqualTo(0.8);
    assertThat(triples.lossProbability()).isEqualTo(0.2);
  }

  /** All subsets of every world up to 16, through the holders that a placement names. */
  @Test
  void givenUpToSixteenNodes_whenAnySetIsLost_thenCountsEqualBruteForce() {
    for (int nodes = 1; nodes <= 16; nodes++) {
      for (int copies = 1; copies <= Math.min(5, nodes); copies++) {
        var placement =
            Placement.start(new Placement.Policy(copies, List.of()), Sites.plain(nodes));
        long[] survivable = bruteForce(placement, nodes);
        for (int losses = 0; losses <= nodes; losses++) {
          var expected = big(survivable[losses]);
          var actual = Survival.of(nodes, copies, losses);
          assertThat(actual.survivable())
              .as("nodes=%d copies=%d losses=%d", nodes, copies, losses)
              .isEqualTo(expected);
          assertThat(Survival.of(placement, losses)).isEqualTo(actual);
        }
      }
    }
  }

  @Test
  void givenFewerLossesThanCopies_whenCounted_thenNothingIsEverLost() {
    for (int losses = 0; losses < 3; losses++) {
      assertThat(Survival.of(12_500, 3, losses).lossProbability()).isZero();
    }
  }

  @Test
  void givenTwelveThousandNodes_whenManyAreLost_thenProbabilityIsFiniteAndFalls() {
    double former = 1;
    for (int losses : new int[] {2, 3, 10, 50, 100, 200, 1000, 6249, 6250, 6251, 12_500}) {
      double probability = Survival.of(12_500, 2, losses).probability();
      assertThat(probability).as("losses=%d", losses).isBetween(0.0, former);
      former = probability;
    }
    // one pair of 12,500 nodes is a group with probability 1 / 12,499
    assertThat(Survival.of(12_500, 2, 2).lossProbability()).isCloseTo(1 / 12_499.0, within(1e-19));
    // each node that is lost has a living peer: the product of (N - 2i) / (N - i)
    double expected = 1;
    for (int i = 0; i < 100; i++) {
      expected *= (12_500 - 2.0 * i) / (12_500 - i);
    }
    assertThat(Survival.of(12_500, 2, 100).probability()).isCloseTo(expected, within(1e-12));
  }

  private static long[] bruteForce(Placement placement, int nodes) {
    var numbers = new ArrayList<NodeId>(placement.holders().keySet());
    int[] holders =
        placement.holders().values().stream()
            .mapToInt(names -> names.stream().mapToInt(name -> 1 << numbers.indexOf(name)).sum())
            .toArray();
    long[] survivable = new long[nodes + 1];
    for (int lost = 0; lost < 1 << nodes; lost++) {
      survivable[Integer.bitCount(lost)] += survives(holders, lost) ? 1 : 0;
    }
    return survivable;
  }

  private static boolean survives(int[] holders, int lost) {
    for (int copies : holders) {
      if ((copies & ~lost) == 0) {
        return false;
      }
    }
    return true;
  }

  private static BigInteger big(long value) {
    return BigInteger.valueOf(value);
  }
}
