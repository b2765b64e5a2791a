package dev.muster.master.report;

import dev.muster.protocol.core.Observation;
import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a job tells the world, in order, away from the core's thread: one thread of its own hands
 * everything to the outlets (files, beans). Of several waiting snapshots only the newest is
 * published. An outlet that fails is logged and never stops the job. Any thread may call.
 */
public final class RunReport {
  private static final Logger LOG = LoggerFactory.getLogger(RunReport.class);
  private static final long END_SECONDS = 30;

  private final List<Outlet> outlets;
  private final UnaryOperator<Result> completion;
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("report").factory());
  private final AtomicReference<Progress> newest = new AtomicReference<>();
  private final CompletableFuture<Result> result = new CompletableFuture<>();

  /** A place where reports go; called on one thread. */
  public interface Outlet extends AutoCloseable {
    void event(Event event) throws Exception;

    void progress(Progress progress) throws Exception;

    void result(Result result) throws Exception;
  }

  /**
   * @param completion adds to the result what only the files of the run tell, for example the audit
   *     of samples
   */
  public RunReport(List<Outlet> outlets, UnaryOperator<Result> completion) {
    this.outlets = List.copyOf(outlets);
    this.completion = completion;
  }

  public void observe(Observation observation) {
    var event = Event.of(System.currentTimeMillis(), observation);
    LOG.info("{}: {}", event.topic(), event.text());
    writer.execute(() -> toAll(outlet -> outlet.event(event)));
  }

  public void publish(Progress progress) {
    if (newest.getAndSet(progress) == null) {
      writer.execute(this::publishNewest);
    }
  }

  private void publishNewest() {
    var progress = stamped(newest.getAndSet(null));
    toAll(outlet -> outlet.progress(progress));
  }

  /** The last report; {@link #result} completes once every outlet has it. */
  public void finish(Result outcome) {
    writer.execute(() -> {
      var complete = completion.apply(outcome);
      toAll(outlet -> outlet.result(complete));
      result.complete(complete);
    });
  }

  /** Never fails. */
  public CompletableFuture<Result> result() {
    return result;
  }

  /** Waits for what was reported before, then closes the outlets. */
  public void close() {
    writer.execute(() -> toAll(AutoCloseable::close));
    writer.shutdown();
    try {
      if (!writer.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
        LOG.error("reports not written in time: limitSeconds={}", END_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void toAll(ThrowingConsumer action) {
    for (var outlet : new ArrayList<>(outlets)) {
      try {
        action.accept(outlet);
      } catch (Exception failed) {
        LOG.error(
            "cannot report: outlet={}; the job goes on", outlet.getClass().getSimpleName(), failed);
      }
    }
  }

  private static Progress stamped(Progress p) {
    return new Progress(
        p.state(),
        p.detail(),
        p.generation(),
        p.step(),
        p.steps(),
        p.loss(),
        p.unitsPerSecond(),
        p.unit(),
        p.workers(),
        p.workersWanted(),
        p.spares(),
        p.recoveries(),
        System.currentTimeMillis(),
        p.ranks());
  }

  private interface ThrowingConsumer {
    void accept(Outlet outlet) throws Exception;
  }
}
