package dev.muster.master.wiring;

import dev.muster.master.jmx.Operator;
import dev.muster.master.job.JobAction;
import dev.muster.master.job.JobEvent;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * What operators asked the job core and have not been told yet. Any thread. A request that the core
 * never sees, because the master ends, is never answered: whoever asks sets a limit.
 */
final class Answers {
  private final Consumer<JobEvent> core;
  private final AtomicLong requests = new AtomicLong();
  private final Map<Long, CompletableFuture<Operator.Answer>> open = new ConcurrentHashMap<>();

  Answers(Consumer<JobEvent> core) {
    this.core = core;
  }

  CompletableFuture<Operator.Answer> checkpoint(String reason) {
    long request = requests.incrementAndGet();
    var answer = new CompletableFuture<Operator.Answer>();
    open.put(request, answer);
    answer.whenComplete((_, _) -> open.remove(request));
    core.accept(new JobEvent.CheckpointRequested(request, reason));
    return answer;
  }

  /** The core has decided. */
  void told(JobAction.Answer answer) {
    var asked = open.get(answer.request());
    if (asked != null) {
      asked.complete(new Operator.Answer(answer.accepted(), answer.text()));
    }
  }
}
