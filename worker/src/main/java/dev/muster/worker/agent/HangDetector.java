package dev.muster.worker.agent;

import dev.muster.collectives.flight.Diagnosis;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.local.ControlPage.Phase;
import java.util.Comparator;
import java.util.List;
import java.util.LongSummaryStatistics;

/**
 * Names the members that hang, and only those; pure.
 *
 * <p>A member hangs when it made no progress for max(factor × p99 step, floor) of time in which it
 * could have made progress, and is not merely waiting for others. Three things keep a loaded
 * machine from giving false verdicts:
 *
 * <ol>
 *   <li>Time in which the threads of a process stood in the run queue is taken off its stall. A
 *       worker that gets a quarter of a CPU spends three quarters of its time there; a stopped or
 *       dead-locked one is never in the queue.
 *   <li>Time in which the agent itself did not get to look is not counted: a host that was
 *       suspended or starved as a whole stalls nobody.
 *   <li>A member in WAITING or AGREEING is blameless unless the group moved past it: its count of
 *       synchronisation points is the lowest and another rank's is higher, so nobody but itself
 *       holds it up. Where the flight recorders of the group name a suspect they decide instead:
 *       they know also who waits in a message, and for whom.
 * </ol>
 *
 * <p>When most of the group would be named at once, a common cause (a slow step, a slow disk) is
 * likelier than that many hangs: the bound doubles. When all wait at the same point, nobody is
 * behind: after twice the bound a stopped member, else rank 0, is named, so that a dead lock ends
 * too.
 *
 * <p>Of a group over several machines this agent sees the counts of its own only, and whoever waits
 * for another machine seems behind by them: a member that waits is named when it is stopped, or
 * when the flight recorders of all machines name it, and rank 0 after four times the bound. Whoever
 * hangs elsewhere is seen there, long before.
 *
 * <p>Both bad directions: too eager, and a healthy worker is killed (one step is redone); too lax,
 * and a hung group idles for longer.
 */
final class HangDetector {
  /**
   * One local member.
   *
   * @param arrivals synchronisation points it has arrived at, -1 when unknown
   * @param stalledNs without progress, starvation taken off
   * @param stopped the operating system says that the process is stopped
   * @param stepsInGeneration committed since the group was formed
   */
  record Observation(
      WorkerId worker,
      int rank,
      Phase phase,
      long arrivals,
      long stalledNs,
      boolean stopped,
      long stepsInGeneration) {

    boolean waiting() {
      return phase == Phase.WAITING || phase == Phase.AGREEING || phase == Phase.JOINING;
    }

    boolean entering() {
      return phase == Phase.STARTING
          || phase == Phase.IDLE
          || phase == Phase.JOINING
          || phase == Phase.RESTORING;
    }
  }

  /**
   * @param floorNs no verdict before this
   * @param warmUpFloorNs the same while code is still being compiled: the first {@link
   *     #WARM_UP_STEPS} of a generation
   * @param startNs bound for joining and restoring
   * @param p99StepNs of recent steps, 0 while unknown
   */
  record Limits(double factor, long floorNs, long warmUpFloorNs, long startNs, long p99StepNs) {
    long boundNs(Observation member) {
      if (member.stopped()) { // no compiler and no disk explains that
        return Math.max((long) (factor * p99StepNs), floorNs);
      }
      if (member.entering()) {
        return Math.max(startNs, floorNs);
      }
      boolean warm = p99StepNs > 0 && member.stepsInGeneration() >= WARM_UP_STEPS;
      return Math.max((long) (factor * p99StepNs), warm ? floorNs : warmUpFloorNs);
    }
  }

  record Hung(WorkerId worker, long stalledNs, String evidence) {}

  /** Empty: all is well, or nobody can be blamed yet. */
  record Verdict(List<Hung> hung, String reason) {}

  static final int WARM_UP_STEPS = 5;
  private static final int DEAD_LOCK_BOUNDS = 2;
  private static final int DEAD_LOCK_BOUNDS_APART = 4;

  private HangDetector() {}

  /** Without flight recorders. */
  static Verdict decide(List<Observation> members, List<Long> arrivals, Limits limits) {
    return decide(members, arrivals, Diagnosis.decide("", List.of(), List.of(), 0), limits);
  }

  /**
   * @param members the local ones
   * @param arrivals of all ranks of the group, negative for those of other machines; empty when
   *     unknown
   * @param diagnosis by the flight recorders, as they are now
   */
  static Verdict decide(
      List<Observation> members, List<Long> arrivals, Diagnosis diagnosis, Limits limits) {
    var stalled = members.stream().filter(m -> watched(m) && over(m, limits, 1)).toList();
    if (stalled.isEmpty()) { // nearly always: a walk over 100,000 ranks is spared
      return new Verdict(List.of(), "");
    }
    var seen = arrivals.stream().mapToLong(Long::longValue).summaryStatistics();
    var late = stalled.stream().filter(m -> blamed(m, seen, diagnosis)).toList();
    if (late.isEmpty()) {
      return deadLocked(members, arrivals, seen, diagnosis, limits);
    }
    boolean most = late.size() * 2 > Math.max(members.size(), arrivals.size()) && late.size() > 1;
    if (most && !late.stream().allMatch(m -> over(m, limits, 2))) {
      return new Verdict(
          List.of(), "most members are late at once: waiting twice as long: late=" + late.size());
    }
    return new Verdict(
        late.stream().map(m -> hung(m, diagnosis, limits)).toList(), "late=" + late.size());
  }

  private static boolean watched(Observation member) {
    return member.phase() != Phase.FINISHED || member.stopped();
  }

  /** Whether some ranks are on other machines. */
  private static boolean apart(LongSummaryStatistics seen) {
    return seen.getCount() > 0 && seen.getMin() < 0;
  }

  private static boolean over(Observation member, Limits limits, int times) {
    return member.stalledNs() >= times * limits.boundNs(member);
  }

  /** Whether nobody but itself holds it up. */
  private static boolean blamed(
      Observation member, LongSummaryStatistics seen, Diagnosis diagnosis) {
    if (!member.waiting()) {
      return true;
    }
    if (member.phase() == Phase.JOINING) {
      return member.stopped();
    }
    if (diagnosis.cause() == Diagnosis.Cause.NOT_ARRIVED) {
      return diagnosis.suspects().contains(member.rank()) || apart(seen) && member.stopped();
    }
    if (apart(seen)) {
      return member.stopped();
    }
    boolean known = member.arrivals() >= 0 && seen.getCount() > 0;
    return known && member.arrivals() == seen.getMin() && seen.getMax() > seen.getMin();
  }

  private static Verdict deadLocked(
      List<Observation> members,
      List<Long> arrivals,
      LongSummaryStatistics seen,
      Diagnosis diagnosis,
      Limits limits) {
    int bounds = apart(seen) ? DEAD_LOCK_BOUNDS_APART : DEAD_LOCK_BOUNDS;
    boolean together =
        !members.isEmpty()
            && seen.getCount() > 0
            && (apart(seen) || seen.getMin() == seen.getMax())
            && members.stream().allMatch(m -> m.waiting() && over(m, limits, bounds));
    if (!together) {
      return new Verdict(List.of(), "");
    }
    return members.stream()
        .filter(
            m -> m.stopped() || (m.rank() == 0 && members.stream().noneMatch(Observation::stopped)))
        .min(Comparator.comparing(Observation::rank))
        .map(m ->
            new Verdict(
                List.of(hung(m, diagnosis, limits)),
                "all wait at the same point: arrivals=" + arrivals))
        .orElse(new Verdict(List.of(), "all wait at the same point; rank 0 is on another node"));
  }

  private static Hung hung(Observation m, Diagnosis diagnosis, Limits limits) {
    return new Hung(
        m.worker(),
        m.stalledNs(),
        "no progress: rank="
            + m.rank()
            + " phase="
            + m.phase()
            + " stalledMs="
            + m.stalledNs() / 1_000_000
            + " boundMs="
            + limits.boundNs(m) / 1_000_000
            + " p99StepMs="
            + limits.p99StepNs() / 1_000_000
            + " arrivals="
            + m.arrivals()
            + (m.stopped() ? " process=stopped" : "")
            + (diagnosis.text().isEmpty() ? "" : "; " + diagnosis.text()));
  }
}
