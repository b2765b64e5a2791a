package dev.muster.simulator.account;

import java.util.ArrayDeque;

/**
 * Steps that count so far, as runs of steps by one number of GPUs each. Going back a step costs
 * O(runs given up).
 */
final class KeptSteps {
  private final ArrayDeque<Run> runs = new ArrayDeque<>();

  private record Run(long from, long to, long stepNs, long gpus) {
    /** Whether {@code next} goes on from here at the same pace. */
    boolean joins(Run next) {
      return to == next.from && stepNs == next.stepNs && gpus == next.gpus;
    }
  }

  /** Told how long how many GPUs worked on steps that are given up. */
  interface GivenUp {
    void time(long ns, long gpus);
  }

  /** Steps {@code from + 1} to {@code to}. */
  void add(long from, long to, long stepNs, long gpus) {
    var run = new Run(from, to, stepNs, gpus);
    if (to <= from) {
      return;
    }
    var last = runs.peekLast();
    if (last != null && last.joins(run)) {
      runs.removeLast();
      run = new Run(last.from, to, stepNs, gpus);
    }
    runs.addLast(run);
  }

  /** The steps after {@code step} are made again. */
  void goBackTo(long step, GivenUp givenUp) {
    while (!runs.isEmpty() && runs.peekLast().to > step) {
      var last = runs.removeLast();
      long keptTo = Math.max(step, last.from);
      givenUp.time((last.to - keptTo) * last.stepNs, last.gpus);
      add(last.from, keptTo, last.stepNs, last.gpus);
    }
  }
}
