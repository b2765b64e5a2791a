package dev.muster.master.jmx;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Checks an operator's order before the master sees it: the name repeated, the generation current.
 */
final class JobOperations {
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

  private static OperationResult refused(long id, long generation, String message) {
    return new OperationResult(false, id, generation, message);
  }
}
