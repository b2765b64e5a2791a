package dev.muster.worker.actor;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import sun.misc.Signal;

/**
 * SIGTERM and SIGINT of this process. The first asks for a graceful end; the second ends the
 * process at once with 128 + signal, as everybody expects of a second Ctrl-C.
 */
public final class Signals {
  private static final int SIGNAL_EXIT = 128;

  private Signals() {}

  /**
   * @param stop gets the signal's name, on a thread of the JVM; must not block
   */
  public static void onStop(Consumer<String> stop) {
    var asked = new AtomicBoolean();
    for (String name : new String[] {"TERM", "INT"}) {
      Signal.handle(
          new Signal(name),
          signal -> {
            if (asked.compareAndSet(false, true)) {
              stop.accept("SIG" + signal.getName());
            } else {
              Runtime.getRuntime().halt(SIGNAL_EXIT + signal.getNumber());
            }
          });
    }
  }
}
