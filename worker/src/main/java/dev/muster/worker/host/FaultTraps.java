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
 * Watches control pages for the step at which a worker is to be killed: every millisecond when the step is near, rarely
 * before, not at all while no trap is armed.
 */
final class FaultTraps {
  private static final long NEAR_STEPS = 8;
  private static final long NEAR_MS = 1;
  private static final long FAR_MS = 10;

  private final ScheduledExecutorService executor;
  private final Function<WorkerId, Optional<Reading>> pages;
  private final Consumer<Trap> sprung;
  private List<Trap> armed = List.of(); // executor thread
  private boolean scheduled; // likewise

  /** @param sprung kills the worker */
  FaultTraps(ScheduledExecutorService executor, Function<WorkerId, Optional<Reading>> pages, Consumer<Trap> sprung) {
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

  private void schedule(long delayMs) {
    if (!scheduled && !armed.isEmpty()) {
      scheduled = true;
      executor.schedule(this::look, delayMs, TimeUnit.MILLISECONDS);
    }
  }

  private void look() {
    scheduled = false;
    var left = new ArrayList<Trap>();
    long delayMs = FAR_MS;
    for (Trap trap : armed) {
      var reading = pages.apply(trap.worker());
      if (reading.isPresent() && at(trap, reading.get())) {
        sprung.accept(trap);
      } else if (reading.isPresent()) {
        left.add(trap);
        delayMs = trap.step() - reading.get().stepInFlight() <= NEAR_STEPS ? NEAR_MS : delayMs;
      }
    }
    armed = left;
    schedule(delayMs);
  }

  private static boolean at(Trap trap, Reading page) {
    boolean stepping = page.phase() == Phase.COMPUTING || page.phase() == Phase.WAITING
        || page.phase() == Phase.AGREEING || page.phase() == Phase.APPLYING;
    return stepping && page.generation() == trap.generation() && page.stepInFlight() >= trap.step();
  }
}
