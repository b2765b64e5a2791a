package dev.muster.master.job;

import java.util.List;
import java.util.Locale;
import dev.muster.protocol.WorkerId;

/**
 * The recovery ladder as a pure function: who forms the next group, or what is waited for. Each rung is bounded in time.
 *
 * <pre>
 *   enough survivors and warm spares for the full world  → form now
 *   replacing, and processes are starting                → wait for them
 *   at least the minimum                                 → form smaller (shrink)
 *   below the minimum                                    → wait, at most waitForWorkersNs
 *   still below                                          → give up, with the reason
 * </pre>
 */
final class Regroup {
  private Regroup() {}

  /**
   * @param survivors live members of the former group, in rank order
   * @param spares ready workers outside it, in id order
   * @param starting processes launched and not ready yet; whatever there is room for was launched before
   * @param first whether no group was formed before
   * @param sinceNs when this gathering began
   * @param enoughSinceNs when the minimum was reached, or -1
   */
  record View(
      List<WorkerId> survivors,
      List<WorkerId> spares,
      int starting,
      boolean first,
      long sinceNs,
      long enoughSinceNs) {
    int have() {
      return survivors.size() + spares.size();
    }
  }

  /** @param workers world size aimed at; the rest as in JobSpec */
  record Policy(int workers, int minWorkers, boolean replace, long lastCallNs, long waitForWorkersNs) {}

  sealed interface Decision {
    String reason();

    /** @param workers survivors first, then newcomers */
    record Form(List<WorkerId> workers, String reason) implements Decision {}

    record Wait(long recheckAfterNs, String reason) implements Decision {}

    record GiveUp(String reason) implements Decision {}
  }

  static Decision decide(View view, Policy policy, long nowNs) {
    int have = view.have();
    if (have >= policy.workers()) {
      return form(view, policy.workers(), "%d workers are ready, %d wanted".formatted(have, policy.workers()));
    }
    if ((policy.replace() || view.first()) && view.starting() > 0) {
      return waitFor(view, policy, nowNs, "waiting for %d starting".formatted(view.starting()));
    }
    if (have >= policy.minWorkers()) {
      return shrink(view, policy, nowNs, have);
    }
    return waitFor(view, policy, nowNs, "no room for more");
  }

  private static Decision shrink(View view, Policy policy, long nowNs, int have) {
    long lastCallEndsNs = view.enoughSinceNs() + policy.lastCallNs();
    if (view.first() && nowNs < lastCallEndsNs) {
      return new Decision.Wait(lastCallEndsNs - nowNs, "last call: %s".formatted(counts(have, policy)));
    }
    return form(view, have, "going on with fewer: " + counts(have, policy));
  }

  private static Decision waitFor(View view, Policy policy, long nowNs, String what) {
    long leftNs = view.sinceNs() + policy.waitForWorkersNs() - nowNs;
    if (leftNs > 0) {
      return new Decision.Wait(leftNs, what + ": " + counts(view.have(), policy));
    }
    if (view.have() >= policy.minWorkers()) {
      return form(view, view.have(), "replacements did not come in time: " + counts(view.have(), policy));
    }
    return new Decision.GiveUp(
        "below minimum: %s waitedSeconds=%s".formatted(
            counts(view.have(), policy), String.format(Locale.ROOT, "%.1f", policy.waitForWorkersNs() / 1e9)));
  }

  private static String counts(int have, Policy policy) {
    return "ready=%d minWorkers=%d workers=%d".formatted(have, policy.minWorkers(), policy.workers());
  }

  private static Decision form(View view, int size, String reason) {
    var chosen = new java.util.ArrayList<>(view.survivors());
    chosen.addAll(view.spares());
    return new Decision.Form(List.copyOf(chosen.subList(0, Math.min(size, chosen.size()))), reason);
  }
}
