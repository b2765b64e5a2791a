package dev.muster.master.jmx;

import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Checks an operator's order before the master sees it: the name repeated, the generation current.
 */
final class JobOperations {
  private static final int ANSWER_SECONDS = 10;

  private final Operator operator;
  private final AtomicLong operations = new AtomicLong();

  JobOperations(Operator operator) {
    this.operator = operator;
  }

  OperationResult stop(JobSnapshot seen, String confirm, long expectedGeneration) {
    long id = operations.incrementAndGet();
    long generation = seen.progress().generation();
    if (!seen.job().equals(confirm)) {
      return refused(id, generation, "not confirmed: type the job's name, confirm=" + seen.job());
    }
    if (expectedGeneration != generation) {
      return refused(
          id,
          generation,
          "stale view: expectedGeneration="
              + expectedGeneration
              + " actualGeneration="
              + generation
              + "; look again, then repeat");
    }
    operator.stop(seen.job(), generation, "stopped by operation " + id + " over JMX");
    return new OperationResult(true, id, generation, "stopping " + seen.job());
  }

  /**
   * Harmless, so it needs no confirmation; waits for the master's answer, not for the checkpoint.
   */
  OperationResult checkpoint(JobSnapshot seen) {
    long id = operations.incrementAndGet();
    long generation = seen.progress().generation();
    try {
      var answer =
          operator
              .checkpoint("asked for by operation " + id + " over JMX")
              .toCompletableFuture()
              .orTimeout(ANSWER_SECONDS, TimeUnit.SECONDS)
              .join();
      return new OperationResult(answer.accepted(), id, generation, answer.text());
    } catch (CompletionException e) {
      return refused(
          id,
          generation,
          "no answer from the master within "
              + ANSWER_SECONDS
              + " s, the checkpoint may be made or not: "
              + e.getCause());
    }
  }

  private static OperationResult refused(long id, long generation, String message) {
    return new OperationResult(false, id, generation, message);
  }
}
