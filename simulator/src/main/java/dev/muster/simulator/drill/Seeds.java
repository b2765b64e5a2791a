package dev.muster.simulator.drill;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;

/** Plays many seeds at once: a thread and a world each, nothing shared. */
public final class Seeds {
  private Seeds() {}

  /**
   * @param parallel threads
   * @param done told of each result on the caller's thread, in the order of {@code what}
   * @return in the order of {@code what}
   */
  public static <T> List<Outcome> play(
      List<T> what, int parallel, Function<T, Outcome> player, Consumer<Outcome> done) {
    try (var threads = Executors.newFixedThreadPool(Math.min(parallel, what.size()))) {
      var started = new ArrayList<Future<Outcome>>();
      for (var one : what) {
        started.add(threads.submit((Callable<Outcome>) () -> player.apply(one)));
      }
      var outcomes = new ArrayList<Outcome>();
      try {
        for (var future : started) {
          var outcome = future.get();
          done.accept(outcome);
          outcomes.add(outcome);
        }
      } catch (ExecutionException e) {
        threads.shutdownNow();
        throw e.getCause() instanceof RuntimeException cause
            ? cause
            : new IllegalStateException("a seed broke", e.getCause());
      } catch (InterruptedException e) {
        threads.shutdownNow();
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while seeds were played", e);
      }
      return outcomes;
    }
  }
}
