package dev.muster.cli.process;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import sun.misc.Signal;

/**
 * SIGINT, SIGTERM and SIGHUP as a queue instead of the end of this process. Handlers run on the
 * JVM's signal thread; one thread takes.
 */
public final class Interrupts {
  private final LinkedBlockingQueue<Integer> signals = new LinkedBlockingQueue<>();

  /** One that only hears what {@link #raise} says. */
  public static Interrupts none() {
    return new Interrupts();
  }

  /**
   * Takes over the three signals for the rest of this process. A JVM started with -Xrs keeps its
   * own.
   */
  public static Interrupts install() {
    var interrupts = new Interrupts();
    for (var name : new String[] {"INT", "TERM", "HUP"}) {
      try {
        Signal.handle(new Signal(name), signal -> interrupts.raise(signal.getNumber()));
      } catch (IllegalArgumentException kept) {
        // the JVM's own handling stays: the process ends, its master sees the end of its input
      }
    }
    return interrupts;
  }

  public void raise(int signal) {
    signals.add(signal);
  }

  /** The next signal's number, or 0 when none comes in time. */
  public int await(long timeoutNs) throws InterruptedException {
    var signal = signals.poll(timeoutNs, TimeUnit.NANOSECONDS);
    return signal == null ? 0 : signal;
  }
}
