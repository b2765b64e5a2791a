package dev.muster.master.job;

import dev.muster.master.rendezvous.Arrivals;
import dev.muster.master.rendezvous.Rendezvous;
import dev.muster.protocol.WorkerId;
import java.util.List;
import java.util.SortedMap;

/**
 * The recovery ladder as a pure function over the rendezvous rule: when the next group forms and
 * how large it is. Each rung is bounded in time.
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
   * @param survivors live members of the former group, in rank order
   * @param newcomers other ready workers, with the time since when they are
   * @param starting processes launched and not ready yet; whatever there is room for was launched
   *     before
   * @param first whether no group was formed before
   * @param sinceNs when this gathering began
   */
  record View(
      List<WorkerId> survivors,
      SortedMap<WorkerId, Long> newcomers,
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
    var arrivals = arrivals(view);
    if ((policy.replace() || view.first()) && view.starting() > 0) {
      var full = Rendezvous.decide(arrivals, policy.full(), nowNs);
      if (!(full instanceof Rendezvous.Decision.GiveUp)) {
        return full;
      }
    }
    long lastCallNs = view.first() ? policy.lastCallNs() : 0;
    return Rendezvous.decide(arrivals, policy.smaller(lastCallNs), nowNs);
  }

  private static Arrivals arrivals(View view) {
    var arrivals = Arrivals.open(view.sinceNs(), view.survivors());
    for (var survivor : view.survivors()) {
      arrivals = arrivals.with(survivor, view.sinceNs());
    }
    for (var newcomer : view.newcomers().entrySet()) {
      arrivals = arrivals.with(newcomer.getKey(), Math.max(newcomer.getValue(), view.sinceNs()));
    }
    return arrivals;
  }
}
