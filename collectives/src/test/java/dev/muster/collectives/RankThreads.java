package dev.muster.collectives;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Runs the ranks of a group as threads of the test. A rank that fails revokes the group, so that no
 * test hangs on it.
 */
public final class RankThreads implements AutoCloseable {
  private static final long LIMIT_S = 120;

  @FunctionalInterface
  public interface Body<T> {
    T run(Communicator communicator) throws Exception;
  }

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Groups groups;

  public RankThreads(Groups groups) {
    this.groups = groups;
  }

  /** Joins, runs and closes one rank; the future has what the body returned or threw. */
  public <T> CompletableFuture<T> start(Groups.Spec spec, int rank, Body<T> body) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (Communicator communicator = groups.join(spec, rank)) {
            return body.run(communicator);
          } catch (GroupRevokedException e) {
            throw e;
          } catch (Throwable e) {
            try (GroupMonitor monitor = groups.monitor(spec)) {
              monitor.revoke("test failed: " + e);
            }
            if (e instanceof RuntimeException known) {
              throw known;
            }
            throw new AssertionError(e);
          }
        },
        threads);
  }

  public <T> List<CompletableFuture<T>> start(Groups.Spec spec, Body<T> body) {
    List<CompletableFuture<T>> ranks = new ArrayList<>();
    for (int rank = 0; rank < spec.worldSize(); rank++) {
      ranks.add(start(spec, rank, body));
    }
    return ranks;
  }

  /** All ranks to their end; the first failure that is no consequence of another one is thrown. */
  public <T> List<T> run(Groups.Spec spec, Body<T> body) {
    List<CompletableFuture<T>> ranks = start(spec, body);
    Throwable first = null;
    for (CompletableFuture<T> rank : ranks) {
      Throwable failure = failure(rank);
      if (failure != null && (first == null || first instanceof GroupRevokedException)) {
        first = failure;
      }
    }
    if (first != null) {
      throw new AssertionError("a rank failed: " + spec, first);
    }
    return ranks.stream().map(CompletableFuture::join).toList();
  }

  /** What the rank ended with, or null if it returned normally. */
  public static Throwable failure(CompletableFuture<?> rank) {
    try {
      return rank.handle((value, e) -> e == null || e.getCause() == null ? e : e.getCause())
          .get(LIMIT_S, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("a rank hangs", e);
    }
  }

  /** Waits for a condition that must come true. */
  public static void await(String what, BooleanSupplier condition) {
    long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_S);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadlineNs) {
        throw new AssertionError("never happened: " + what);
      }
      LockSupport.parkNanos(100_000);
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
