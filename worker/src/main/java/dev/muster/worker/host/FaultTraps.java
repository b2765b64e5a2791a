package dev.muster.worker.host;

import dev.muster.protocol.WorkerId;
import dev.muster.protocol.local.ControlPage.Phase;
import dev.muster.worker.agent.AgentAction.Trap;
import dev.muster.worker.agent.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Watches control pages for the step at which a worker is to be killed: every millisecond when the
 * step is near, more rarely before, not at all while no trap is armed.
 */
final class FaultTraps {
  private static final long MIN_DELAY_NS = 1_000_000;
  private static final long MAX_DELAY_NS = 50_000_000;

  private final ScheduledExecutorService executor;
  private final Function<WorkerId, Optional<Reading>> pages;
  private final Consumer<Trap> sprung;
  private List<Trap> armed = List.of(); // executor thread
  private boolean scheduled; // likewise

  /**
   * @param sprung kills the worker
   */
  FaultTraps(
      ScheduledExecutorService executor,
      Function<WorkerId, Optional<Reading>> pages,
      Consumer<Trap> sprung) {
    this.executor = executor;
    this.pages = pages;
    this.sprung = sprung;
  }

  void arm(List<Trap> traps) {
    executor.execute(() -> {
      armed = List.copyOf(traps);
      schedule(0);
    });
  }

  private void schedule(long delayNs) {
    if (!scheduled && !armed.isEmpty()) {
      scheduled = true;
      executor.schedule(this::look, delayNs, TimeUnit.NANOSECONDS);
    }
  }

  private void look() {
    scheduled = false;
    var left = new ArrayList<Trap>();
    long delayNs = MAX_DELAY_NS;
    for (Trap trap : armed) {
      var reading = pages.apply(trap.worker());
      if (reading.isPresent() && at(trap, reading.get())) {
        sprung.accept(trap);
      } else if (reading.isPresent()) {
        left.add(trap);
        delayNs = Math.min(delayNs, delayNs(trap, reading.get()));
      }
    }
    armed = left;
    schedule(delayNs);
  }

  /** Half of the time that the steps in between will take. */
  private static long delayNs(Trap trap, Reading page) {
    long steps = Math.max(0, trap.step() - page.stepInFlight());
    return Math.clamp(steps * page.stepDurationNs() / 2, MIN_DELAY_NS, MAX_DELAY_NS);
  }

  private static boolean at(Trap trap, Reading page) {
    boolean stepping =
        page.phase() == Phase.COMPUTING
            || page.phase() == Phase.WAITING
            || page.phase() == Phase.AGREEING
            || page.phase() == Phase.APPLYING;
    return stepping && page.generation() == trap.generation() && page.stepInFlight() >= trap.step();
  }
}
