package dev.muster.trainer;

import dev.muster.worker.Muster;

/**
 * The shipped worker: trains what its job's settings ask for, see {@link ReferenceTrainers}.
 * Started by a node agent.
 */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    Muster.train(ReferenceTrainers::create);
  }
}
