package dev.muster.master.job;

import dev.muster.master.budget.Failure;
import dev.muster.protocol.Generation;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.ToMaster;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Failures that were charged before it was known how the worker had ended: it ended while its agent
 * had no link, and the agent tells how a moment after it is back. Nobody waits for that: the group
 * is over either way. Of several in one group the first that is told is the cause, because an agent
 * tells them in the order in which they came.
 */
final class Unexplained {
  private final TreeSet<WorkerId> awaited = new TreeSet<>();
  private final List<Failure> charged = new ArrayList<>();

  /** How it ended is still to be told. */
  void await(WorkerId worker) {
    awaited.add(worker);
  }

  /** A failure was charged, this one among others. */
  void charged(Failure failure) {
    if (awaited.contains(failure.worker())) {
      charged.add(failure);
    }
  }

  /**
   * What was charged for this end, or for that of its group; empty: it follows from another one.
   */
  Optional<Failure> explain(ToMaster.WorkerExited exited) {
    if (!awaited.remove(exited.worker())) {
      return Optional.empty();
    }
    var assumed = charged.stream().filter(failure -> same(failure, exited)).findFirst();
    assumed.ifPresent(charged::remove);
    return assumed;
  }

  private static boolean same(Failure failure, ToMaster.WorkerExited exited) {
    boolean grouped = !failure.generation().equals(Generation.NONE);
    return failure.worker().equals(exited.worker())
        || grouped && failure.generation().equals(exited.generation());
  }

  void clear() {
    awaited.clear();
    charged.clear();
  }
}
