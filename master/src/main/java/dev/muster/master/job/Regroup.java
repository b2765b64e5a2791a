package dev.muster.master.job;

import dev.muster.master.rendezvous.Rendezvous;
import dev.muster.master.rendezvous.Turnout;
import dev.muster.protocol.WorkerId;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.IntFunction;
import java.util.function.IntToLongFunction;

/**
 * The recovery ladder as a pure function over the rendezvous rule: when the next group forms and
 * how large it is. Each rung is bounded in time. It counts; nobody is named before a group forms,
 * since it is asked with every worker that becomes ready.
 *
 * <pre>
 *   enough survivors and warm spares for the full world  → form now
 *   replacing, and processes are starting                → wait for them
 *   at least the minimum                                 → form smaller (shrink); the very first group gives a last call
 *   below the minimum                                    → wait, at most waitForWorkersNs
 *   still below                                          → give up, with the reason
 * </pre>
 */
final class Regroup {
  private Regroup() {}

  /**
   * @param survivors live members of the former group
   * @param newcomers other ready workers
   * @param newcomersSinceNs since when so many newcomers are ready, from 1 to {@code newcomers}
   * @param chosen the workers of a group of so many
   * @param starting processes launched and not ready yet; whatever there is room for was launched
   *     before
   * @param first whether no group was formed before
   * @param sinceNs when this gathering began
   */
  record View(
      int survivors,
      int newcomers,
      IntToLongFunction newcomersSinceNs,
      IntFunction<List<WorkerId>> chosen,
      int starting,
      boolean first,
      long sinceNs) {}

  /**
   * @param workers world size aimed at; the rest as in JobSpec
   */
  record Policy(
      int workers, int minWorkers, boolean replace, long lastCallNs, long waitForWorkersNs) {
    private Rendezvous.Policy full() {
      return Rendezvous.Policy.of(workers, workers, 0, waitForWorkersNs);
    }

    private Rendezvous.Policy smaller(long lastCallNs) {
      return Rendezvous.Policy.of(minWorkers, workers, lastCallNs, waitForWorkersNs);
    }
  }

  static Rendezvous.Decision decide(View view, Policy policy, long nowNs) {
    if ((policy.replace() || view.first()) && view.starting() > 0) {
      var full = decide(view, policy.full(), nowNs);
      if (!(full instanceof Rendezvous.Decision.GiveUp)) {
        return full;
      }
    }
    return decide(view, policy.smaller(view.first() ? policy.lastCallNs() : 0), nowNs);
  }

  private static Rendezvous.Decision decide(View view, Rendezvous.Policy policy, long nowNs) {
    return Rendezvous.decide(new Counted(view, policy), policy, nowNs);
  }

  /** The view under one policy: everybody counts from when it was ready in this gathering. */
  private record Counted(View view, Rendezvous.Policy policy) implements Turnout {
    @Override
    public long openedNs() {
      return view.sinceNs();
    }

    @Override
    public int present() {
      return view.survivors() + view.newcomers();
    }

    @Override
    public int usable() {
      return Math.min(present(), policy.maxWorkers());
    }

    @Override
    public int capacity() {
      return policy.maxWorkers();
    }

    @Override
    public OptionalLong enoughSinceNs() {
      int needed = policy.minWorkers() - view.survivors();
      if (needed > view.newcomers()) {
        return OptionalLong.empty();
      }
      return OptionalLong.of(
          needed <= 0 || policy.lastCallNs() == 0
              ? view.sinceNs()
              : Math.max(view.sinceNs(), view.newcomersSinceNs().applyAsLong(needed)));
    }

    @Override
    public List<WorkerId> group() {
      return view.chosen().apply(usable());
    }
  }
}
