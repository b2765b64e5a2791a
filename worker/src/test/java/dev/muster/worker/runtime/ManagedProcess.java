package dev.muster.worker.runtime;

import dev.muster.worker.Muster;

/** The main class of the worker processes that {@link WorkerProcessTest} starts. */
final class ManagedProcess {
  private ManagedProcess() {}

  public static void main(String[] args) {
    if (args.length > 0) {
      Muster.train((settings, seed) -> {
        throw new IllegalStateException(args[0]);
      });
    }
    Muster.train((settings, seed) -> new QuadraticTrainer(seed, (step, loss) -> {}));
  }
}
