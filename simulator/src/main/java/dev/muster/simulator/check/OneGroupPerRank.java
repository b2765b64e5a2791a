package dev.muster.simulator.check;

/** No worker enters a group while the one it is in goes on. */
final class OneGroupPerRank extends Invariant {
  private long training; // 0: none

  @Override
  public void trains(long nowNs, long generation, long startStep) {
    training = generation;
  }

  @Override
  public void stopped(long nowNs, long generation, Trained trained) {
    training = generation == training ? 0 : training;
  }

  @Override
  public void entered(
      long nowNs, int node, int workers, long from, long to, boolean held, boolean holdState) {
    if (from == training && training != 0) {
      violated(
          nowNs,
          "a rank is in two groups: node=n%d trains in generation=%d and entered=%d"
              .formatted(node, from, to));
    }
  }
}
