package dev.muster.worker.host;

import dev.muster.collectives.Groups;
import dev.muster.protocol.Exit;
import dev.muster.protocol.WorkerId;
import dev.muster.worker.Connection;
import dev.muster.worker.FencedException;
import dev.muster.worker.Muster;
import dev.muster.worker.TrainerFactory;
import dev.muster.worker.process.LaunchSpec;
import dev.muster.worker.process.WorkerLauncher;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs each worker as a thread of this JVM. A thread cannot be killed: its connection is closed
 * instead, which fences the worker and ends it at its next collective or step; a trainer that never
 * returns stays. The process numbers it hands out are its own and belong to no process.
 */
final class ThreadLauncher implements WorkerLauncher {
  private static final Logger LOG = LoggerFactory.getLogger(ThreadLauncher.class);
  private static final long FIRST_NUMBER = 1L << 40; // above every process id there is
  private static final long END_NS = TimeUnit.SECONDS.toNanos(10);

  private static final int SIGKILL = 9;
  private static final int SIGTERM = 15;

  /**
   * Of a worker that lost its agent without being told to end; the exit code its process would
   * have.
   */
  private static final Exit FENCED = Exit.code(75);

  private final TrainerFactory factory;
  private final Groups groups;
  private final Consumer<WorkerId> hangUp;
  private final AtomicLong numbers = new AtomicLong(FIRST_NUMBER);
  private final Map<Long, Worker> running = new ConcurrentHashMap<>();

  /**
   * @param end how it was told to end, null if it was not
   */
  private record Worker(WorkerId id, Thread thread, AtomicReference<Exit> end) {}

  ThreadLauncher(TrainerFactory factory, Groups groups, Consumer<WorkerId> hangUp) {
    this.factory = factory;
    this.groups = groups;
    this.hangUp = hangUp;
  }

  @Override
  public void start(LaunchSpec spec, Listener listener) {
    long number = numbers.getAndIncrement();
    var thread =
        Thread.ofPlatform()
            .daemon()
            .name("worker-" + spec.name())
            .unstarted(() -> run(number, spec, listener));
    running.put(number, new Worker(WorkerId.parse(spec.name()), thread, new AtomicReference<>()));
    thread.start();
  }

  private void run(long number, LaunchSpec spec, Listener listener) {
    listener.started(number);
    Exit exit = train(spec);
    Exit told = running.remove(number).end().get();
    listener.ended(told == null ? exit : told, System.nanoTime());
  }

  private Exit train(LaunchSpec spec) {
    try {
      Muster.train(factory, Connection.fromEnvironment(spec.environment()), groups);
      return Exit.code(0);
    } catch (FencedException fenced) {
      LOG.info("worker fenced: worker={} reason={}", spec.name(), fenced.getMessage());
      return FENCED;
    } catch (RuntimeException | Error failed) {
      LOG.error("worker failed: worker={}", spec.name(), failed);
      return Exit.code(1);
    }
  }

  @Override
  public void terminate(long pid) {
    end(pid, Exit.signal(SIGTERM));
  }

  @Override
  public void kill(long pid) {
    end(pid, Exit.signal(SIGKILL));
  }

  private void end(long pid, Exit how) {
    var worker = running.get(pid);
    if (worker != null) {
      worker.end().set(how);
      hangUp.accept(worker.id());
    }
  }

  /** Threads end with their process, and read the lease from their control pages. */
  @Override
  public void lease(long leftMs) {}

  @Override
  public void close() {
    var left = new ArrayList<>(running.values());
    left.forEach(worker -> hangUp.accept(worker.id()));
    long deadline = System.nanoTime() + END_NS;
    try {
      for (var worker : left) {
        worker
            .thread()
            .join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
