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
    return decide(new Selection(arrivals, policy, nowNs), policy, nowNs);
  }

  /** The same for a gathering that is open and keeps its own books. */
  public static Decision decide(Turnout turnout, Policy policy, long nowNs) {
    OptionalLong enoughSinceNs = turnout.enoughSinceNs();
    return enoughSinceNs.isEmpty()
        ? belowMinimum(turnout, policy, nowNs)
        : enough(turnout, policy, enoughSinceNs.getAsLong(), nowNs);
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

  private static Decision belowMinimum(Turnout turnout, Policy policy, long nowNs) {
    long leftNs = policy.waitNs() - (nowNs - turnout.openedNs());
    String state =
        "below minimum: minWorkers="
            + policy.minWorkers()
            + " usable="
            + turnout.usable()
            + " present="
            + turnout.present()
            + (turnout.excluded() == 0 ? "" : " excluded=" + turnout.excluded());
    return leftNs <= 0
        ? new Decision.GiveUp(
            state
                + "; waited waitSeconds="
                + policy.waitNs() / 1e9
                + ", add workers or lower the minimum")
        : new Decision.Wait(
            Math.min(leftNs, turnout.nextReturnNs()), state + "; waiting leftNs=" + leftNs);
  }

  private static Decision enough(Turnout turnout, Policy policy, long enoughSinceNs, long nowNs) {
    boolean allBack = turnout.allFormerMembersBack();
    long gateLeftNs =
        turnout.formerMembers() == 0 ? 0 : policy.rejoinGateNs() - (nowNs - turnout.openedNs());
    if (gateLeftNs > 0 && !allBack) {
      return new Decision.Wait(
          Math.min(gateLeftNs, turnout.nextReturnNs()),
          "former members missing: expected="
              + turnout.formerMembers()
              + " workers="
              + turnout.usable()
              + "; waiting leftNs="
              + gateLeftNs);
    }
    if (policy.rejoinGateNs() > 0 && allBack) {
      return new Decision.Form(
          turnout.group(), "all former members are back: workers=" + turnout.usable());
    }
    if (turnout.usable() == turnout.capacity()) {
      return new Decision.Form(turnout.group(), "full: workers=" + turnout.usable());
    }
    return lastCall(turnout, policy, enoughSinceNs, nowNs);
  }

  /** Departures may move the start of last call, never its end beyond the limit of waiting. */
  private static Decision lastCall(Turnout turnout, Policy policy, long enoughSinceNs, long nowNs) {
    long callLeftNs = policy.lastCallNs() - (nowNs - enoughSinceNs);
    long waitLeftNs = policy.waitNs() - (nowNs - turnout.openedNs());
    long leftNs = Math.min(callLeftNs, waitLeftNs);
    String state =
        "minWorkers="
            + policy.minWorkers()
            + " workers="
            + turnout.usable()
            + " maxWorkers="
            + policy.maxWorkers();
    return leftNs <= 0
        ? new Decision.Form(turnout.group(), "last call over: " + state)
        : new Decision.Wait(
            Math.min(leftNs, turnout.nextReturnNs()), "last call: " + state + " leftNs=" + leftNs);
  }
}
