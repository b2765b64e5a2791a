package dev.muster.simulator.check;

/** Two groups never commit at the same time. */
final class OneGenerationTrains extends Invariant {
  private long training; // 0: none

  @Override
  public void trains(long nowNs, long generation, long startStep) {
    if (training != 0 && training != generation) {
      violated(nowNs, "two generations train: " + training + " and " + generation);
    }
    training = generation;
  }

  @Override
  public void stopped(long nowNs, long generation, Trained trained) {
    training = generation == training ? 0 : training;
  }
}
