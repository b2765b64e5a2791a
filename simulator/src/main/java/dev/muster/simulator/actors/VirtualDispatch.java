package dev.muster.simulator.actors;

import com.typesafe.config.Config;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.dispatch.DispatcherPrerequisites;
import org.apache.pekko.dispatch.ExecutorServiceConfigurator;
import org.apache.pekko.dispatch.ExecutorServiceFactory;

/**
 * Executors without threads for every dispatcher of an actor system: they append to the {@link
 * ReadyQueue} of its world. Named in muster-virtual-time.conf; Pekko makes it.
 */
final class VirtualDispatch extends ExecutorServiceConfigurator {
  private final VirtualTime time;

  VirtualDispatch(Config config, DispatcherPrerequisites prerequisites) {
    super(config, prerequisites);
    time = prerequisites.settings().setup().get(VirtualTime.class).orElseThrow();
    // Pekko makes the scheduler without its setup, and the first dispatcher before the first timer.
    ((VirtualScheduler) prerequisites.scheduler()).bind(time);
  }

  @Override
  public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory threads) {
    return () -> new Appending(time.ready);
  }

  private static final class Appending extends AbstractExecutorService {
    private final ReadyQueue ready;
    private boolean shutdown;

    Appending(ReadyQueue ready) {
      this.ready = ready;
    }

    @Override
    public void execute(Runnable task) {
      ready.add(task);
    }

    @Override
    public void shutdown() {
      shutdown = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
      shutdown = true;
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return shutdown;
    }

    @Override
    public boolean isTerminated() {
      return shutdown;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return shutdown;
    }
  }
}
