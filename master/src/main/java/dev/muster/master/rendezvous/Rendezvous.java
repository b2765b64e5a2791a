package dev.muster.master.rendezvous;

import dev.muster.protocol.WorkerId;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;

/**
 * The rule by which gathered workers become the next group: minimum, maximum, last call, limit of
 * waiting, rejoin gate. A pure function of its arguments; {@link RendezvousCore} is the state
 * machine around it.
 *
 * <p>Source: last call and redundancy list are TorchElastic's dynamic rendezvous; segment, standby
 * and rejoin gate NVRx's barrier rendezvous; stable order and cooldown Horovod Elastic's host
 * manager.
 */
public final class Rendezvous {
  private Rendezvous() {}

  /**
   * @param minWorkers fewest that may form a group, at least 1
   * @param maxWorkers most that may; the others stand by
   * @param lastCallNs how long to wait for more once the minimum is there; too short: needless
   *     re-forming, too long: idle GPUs
   * @param waitNs how long to wait for the minimum, counted from the opening; too short: gives up
   *     on slow starts, too long: a job that cannot run is noticed late
   * @param rejoinGateNs how long, counted from the opening, former members have precedence: within
   *     it a group forms only once all of them are back; 0 for no gate; too long: one lost member
   *     delays all
   * @param segment each domain supplies a multiple of this many workers; 1 for any number
   */
  public record Policy(
      int minWorkers,
      int maxWorkers,
      long lastCallNs,
      long waitNs,
      long rejoinGateNs,
      int segment) {
    public Policy {
      if (minWorkers < 1
          || maxWorkers < minWorkers
          || segment < 1
          || maxWorkers - maxWorkers % segment < minWorkers) {
        throw new IllegalArgumentException(
            "impossible group size: minWorkers="
                + minWorkers
                + " maxWorkers="
                + maxWorkers
                + " segment="
                + segment
                + "; needed is 1 <= minWorkers <= largest multiple of segment within maxWorkers");
      }
      if (lastCallNs < 0 || waitNs < 0 || rejoinGateNs < 0) {
        throw new IllegalArgumentException(
            "negative time: lastCallNs="
                + lastCallNs
                + " waitNs="
                + waitNs
                + " rejoinGateNs="
                + rejoinGateNs);
      }
    }

    /** Without gate and segments. */
    public static Policy of(int minWorkers, int maxWorkers, long lastCallNs, long waitNs) {
      return new Policy(minWorkers, maxWorkers, lastCallNs, waitNs, 0, 1);
    }
  }

  /** What to do with the workers that are present. */
  public sealed interface Decision {
    String reason();

    /**
     * @param recheckAfterNs when to decide again if nobody comes or goes, at least 1; {@link
     *     Long#MAX_VALUE} for never
     */
    record Wait(long recheckAfterNs, String reason) implements Decision {}

    /**
     * @param workers the group in stable order: survivors as they were, then newcomers
     */
    record Form(List<WorkerId> workers, String reason) implements Decision {}

    /** Definite: no group will form from this gathering. */
    record GiveUp(String reason) implements Decision {}
  }

  /**
   * The whole rule, first match wins: closed, too few, gate, full, last call over; otherwise wait.
   */
  public static Decision decide(Arrivals arrivals, Policy policy, long nowNs) {
    if (arrivals.isClosed()) {
      return new Decision.GiveUp("rendezvous closed: " + arrivals.closedBecause());
    }
    var selection = new Selection(arrivals, policy, nowNs);
    OptionalLong enoughSinceNs = selection.enoughSinceNs();
    if (enoughSinceNs.isEmpty()) {
      return belowMinimum(arrivals, selection, policy, nowNs);
    }
    return enough(arrivals, selection, policy, enoughSinceNs.getAsLong(), nowNs);
  }

  /**
   * Workers that are present but not in {@code group}; their standby number is their place here,
   * after the group's ranks.
   */
  public static List<WorkerId> standby(Arrivals arrivals, List<WorkerId> group) {
    var members = new HashSet<>(group);
    return arrivals.present().keySet().stream()
        .filter(worker -> !members.contains(worker))
        .toList();
  }

  private static Decision belowMinimum(
      Arrivals arrivals, Selection selection, Policy policy, long nowNs) {
    long leftNs = policy.waitNs() - (nowNs - arrivals.openedNs());
    String state =
        "below minimum: minWorkers="
            + policy.minWorkers()
            + " usable="
            + selection.group().size()
            + " present="
            + arrivals.present().size()
            + excludedNow(arrivals, nowNs);
    return leftNs <= 0
        ? new Decision.GiveUp(
            state
                + "; waited waitSeconds="
                + policy.waitNs() / 1e9
                + ", add workers or lower the minimum")
        : new Decision.Wait(
            Math.min(leftNs, nextReturnNs(arrivals, nowNs)), state + "; waiting leftNs=" + leftNs);
  }

  private static Decision enough(
      Arrivals arrivals, Selection selection, Policy policy, long enoughSinceNs, long nowNs) {
    List<WorkerId> group = selection.group();
    boolean allBack = selection.allFormerMembersBack();
    long gateLeftNs = gateLeftNs(arrivals, policy, nowNs);
    if (gateLeftNs > 0 && !allBack) {
      return new Decision.Wait(
          Math.min(gateLeftNs, nextReturnNs(arrivals, nowNs)),
          "former members missing: expected="
              + arrivals.previous().size()
              + " workers="
              + group.size()
              + "; waiting leftNs="
              + gateLeftNs);
    }
    if (policy.rejoinGateNs() > 0 && allBack) {
      return new Decision.Form(group, "all former members are back: workers=" + group.size());
    }
    if (group.size() == selection.capacity()) {
      return new Decision.Form(group, "full: workers=" + group.size());
    }
    return lastCall(arrivals, group, policy, enoughSinceNs, nowNs);
  }

  /** Departures may move the start of last call, never its end beyond the limit of waiting. */
  private static Decision lastCall(
      Arrivals arrivals, List<WorkerId> group, Policy policy, long enoughSinceNs, long nowNs) {
    long callLeftNs = policy.lastCallNs() - (nowNs - enoughSinceNs);
    long waitLeftNs = policy.waitNs() - (nowNs - arrivals.openedNs());
    long leftNs = Math.min(callLeftNs, waitLeftNs);
    String state =
        "minWorkers="
            + policy.minWorkers()
            + " workers="
            + group.size()
            + " maxWorkers="
            + policy.maxWorkers();
    return leftNs <= 0
        ? new Decision.Form(group, "last call over: " + state)
        : new Decision.Wait(
            Math.min(leftNs, nextReturnNs(arrivals, nowNs)),
            "last call: " + state + " leftNs=" + leftNs);
  }

  private static long gateLeftNs(Arrivals arrivals, Policy policy, long nowNs) {
    return arrivals.previous().isEmpty()
        ? 0
        : policy.rejoinGateNs() - (nowNs - arrivals.openedNs());
  }

  /** Time until the next excluded worker begins to count. */
  private static long nextReturnNs(Arrivals arrivals, long nowNs) {
    return arrivals.present().keySet().stream()
        .filter(worker -> !arrivals.counts(worker, nowNs))
        .mapToLong(arrivals::countsFromNs)
        .filter(untilNs -> untilNs != Arrivals.FOREVER)
        .map(untilNs -> untilNs - nowNs)
        .min()
        .orElse(Long.MAX_VALUE);
  }

  private static String excludedNow(Arrivals arrivals, long nowNs) {
    long excluded =
        arrivals.present().keySet().stream()
            .filter(worker -> !arrivals.counts(worker, nowNs))
            .count();
    return excluded == 0 ? "" : " excluded=" + excluded;
  }
}
