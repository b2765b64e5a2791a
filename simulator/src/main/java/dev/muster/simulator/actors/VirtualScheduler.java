package dev.muster.simulator.actors;

import com.typesafe.config.Config;
import java.util.concurrent.ThreadFactory;
import org.apache.pekko.actor.AbstractScheduler;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.event.LoggingAdapter;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/**
 * Pekko's timers as events of the simulated world, to the nanosecond. A timer belongs to the
 * process that armed it: it waits while that is paused and vanishes with it. Named in
 * muster-virtual-time.conf; Pekko makes it.
 */
final class VirtualScheduler extends AbstractScheduler {
  private static final double HERTZ = 1e9;

  private VirtualTime time;

  VirtualScheduler(Config config, LoggingAdapter log, ThreadFactory threads) {}

  void bind(VirtualTime of) {
    time = of;
  }

  @Override
  public Cancellable scheduleOnce(FiniteDuration delay, Runnable task, ExecutionContext executor) {
    var timer = new Timer(task, executor, 0);
    timer.arm(delay.toNanos());
    return timer;
  }

  @Override
  public Cancellable schedule(
      FiniteDuration delay, FiniteDuration interval, Runnable task, ExecutionContext executor) {
    var timer = new Timer(task, executor, interval.toNanos());
    timer.arm(delay.toNanos());
    return timer;
  }

  @Override
  public double maxFrequency() {
    return HERTZ;
  }

  private final class Timer implements Cancellable, Runnable {
    private final ActorHost<?> process = time.current();
    private final ExecutionContext executor;
    private final long intervalNs; // 0: once
    private Runnable task; // null once it has run or was cancelled
    private boolean cancelled;

    Timer(Runnable task, ExecutionContext executor, long intervalNs) {
      this.task = task;
      this.executor = executor;
      this.intervalNs = intervalNs;
    }

    void arm(long delayNs) {
      if (!time.ready.owns(task)) {
        return;
      }
      if (process == null) {
        time.world.after(delayNs, () -> time.play(this));
      } else {
        process.after(delayNs, this);
      }
    }

    @Override
    public void run() {
      var due = task;
      if (due == null) {
        return;
      }
      if (intervalNs == 0) {
        task = null;
      } else {
        arm(intervalNs);
      }
      executor.execute(due);
    }

    @Override
    public boolean cancel() {
      boolean inTime = task != null;
      task = null;
      cancelled |= inTime;
      return inTime;
    }

    @Override
    public boolean isCancelled() {
      return cancelled;
    }
  }
}
