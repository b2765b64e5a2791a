package dev.muster.simulator;

import dev.muster.protocol.core.CounterRandom;

/**
 * How bad the network of a peer is. Links are TCP-like, as in production: what is lost arrives
 * late, in order, after the sender's retransmissions; a copy that the network makes is thrown away
 * before anybody sees it.
 *
 * @param delayNs added to each message
 * @param loss share of transmissions that are lost, 0 to below 1
 */
public record LinkQuality(long delayNs, double loss) {
  public static final LinkQuality GOOD = new LinkQuality(0, 0);

  /** First retransmission timeout of TCP on Linux; doubled by each loss in a row. */
  private static final long RETRANSMIT_NS = 200_000_000;

  private static final int DOUBLINGS_MAX = 9; // Linux goes no higher than two minutes

  public LinkQuality {
    if (delayNs < 0 || loss < 0 || loss >= 1) {
      throw new IllegalArgumentException(
          "expected delayNs >= 0 and loss from 0 to below 1: delayNs=" + delayNs + " loss=" + loss);
    }
  }

  /** What a message of {@code pair} is late, ns; {@code index} tells it from the others. */
  long lateNs(long seed, long pair, long index) {
    long lateNs = delayNs;
    for (int attempt = 0; attempt < 32 && lost(seed, pair, index, attempt); attempt++) {
      lateNs += RETRANSMIT_NS << Math.min(attempt, DOUBLINGS_MAX);
    }
    return lateNs;
  }

  private boolean lost(long seed, long pair, long index, int attempt) {
    return loss > 0
        && CounterRandom.unit(CounterRandom.mix(seed, "loss/" + attempt, pair, index)) < loss;
  }
}
