package dev.muster.worker.agent;

import dev.muster.protocol.Member;
import dev.muster.protocol.job.JobSpec.Fault;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Faults of the job and which have fired; immutable. A fault fires once per run, also though its
 * step is redone.
 *
 * @param fired here; what fired on another node is inferred, see {@link #arm}
 */
record FaultPlan(List<Fault> faults, Set<Fault> fired) {
  static FaultPlan of(List<Fault> faults) {
    return new FaultPlan(List.copyOf(faults), Set.of());
  }

  FaultPlan withFaults(List<Fault> all) {
    return new FaultPlan(List.copyOf(all), fired);
  }

  FaultPlan fired(int rank, long step) {
    var all = new HashSet<>(fired);
    all.add(new Fault(rank, step));
    return new FaultPlan(faults, Set.copyOf(all));
  }

  /**
   * Traps for the local members of a new group. A fault at the very step the group redoes, on a
   * rank that a newcomer took over, has just fired: perhaps on another node, or before this agent
   * was started anew.
   */
  List<AgentAction.Trap> arm(LocalGroup group) {
    var traps = new ArrayList<AgentAction.Trap>();
    for (Fault fault : faults) {
      for (Member member : group.members()) {
        if (fault.rank() == member.rank() && open(fault, group.start())) {
          traps.add(
              new AgentAction.Trap(
                  member.worker(), group.generation().number(), fault.rank(), fault.step()));
        }
      }
    }
    return traps;
  }

  private boolean open(Fault fault, GroupStart start) {
    boolean redone = fault.step() == start.step() + 1 && start.needsState(fault.rank());
    return fault.step() > start.step() && !redone && !fired.contains(fault);
  }
}
