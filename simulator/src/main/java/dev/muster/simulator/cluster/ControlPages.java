package dev.muster.simulator.cluster;

import dev.muster.protocol.local.ControlPage.Phase;
import dev.muster.protocol.message.ToMaster.Milestone;
import dev.muster.worker.agent.AgentAction;
import dev.muster.worker.agent.AgentEvent;
import dev.muster.worker.agent.Reading;
import java.util.List;
import java.util.Objects;

/** What an agent reads when it looks at its workers, now or at a time since the group began. */
final class ControlPages {
  private ControlPages() {}

  /**
   * Without the arrivals of all ranks as long as their group goes on: nobody asks who waits for
   * whom.
   */
  static AgentEvent.Looked lookedBack(Processes processes, AgentAction.Look look, long atNs) {
    boolean ended =
        there(processes, look).stream().anyMatch(p -> p.group != null && p.group.endedBy(atNs));
    return ended
        ? looked(processes, look, atNs)
        : new AgentEvent.Looked(look.purpose(), readings(processes, look, atNs), List.of());
  }

  static AgentEvent.Looked looked(Processes processes, AgentAction.Look look, long atNs) {
    var arrivals =
        look.purpose() == Reading.Purpose.HANG
            ? arrivals(there(processes, look), atNs)
            : List.<Long>of();
    return new AgentEvent.Looked(
        look.purpose(), readings(processes, look, atNs), arrivals, processes.census(look));
  }

  private static List<SimulatedWorker> there(Processes processes, AgentAction.Look look) {
    return look.workers().stream().map(processes::find).filter(Objects::nonNull).toList();
  }

  private static List<Reading> readings(Processes processes, AgentAction.Look look, long atNs) {
    boolean registers = look.purpose() == Reading.Purpose.REGISTER;
    return there(processes, look).stream()
        .map(process -> {
          long applied = registers ? process.applied(atNs) : process.shown(atNs);
          return reading(process, applied, atNs);
        })
        .toList();
  }

  private static Reading reading(SimulatedWorker process, long applied, long atNs) {
    var group = process.group;
    boolean training = group != null && group.restored(atNs);
    return new Reading(
        process.id,
        group == null ? 0 : group.generation(),
        applied,
        applied + 1,
        phase(process, training, atNs),
        training ? applied + 1 : 0,
        1.0,
        1.0,
        group == null ? 0 : group.stepNs(atNs),
        0,
        false);
  }

  private static Phase phase(SimulatedWorker process, boolean training, long atNs) {
    if (process.hung) {
      return Phase.COMPUTING; // only a member that trained hangs, and it stays where it was
    }
    if (process.group == null || process.group.revokedBy(atNs)) {
      return Phase.IDLE;
    }
    if (!training) {
      return process.group.passedNs(Milestone.JOINED) <= atNs ? Phase.RESTORING : Phase.JOINING;
    }
    return process.group.waits(process.id, atNs) ? Phase.WAITING : Phase.COMPUTING;
  }

  /** One synchronisation point a step; whoever holds up the others is one behind. */
  private static List<Long> arrivals(List<SimulatedWorker> there, long atNs) {
    return there.stream()
        .map(process -> process.group)
        .filter(g -> g != null && g.restored(atNs))
        .findFirst()
        .map(g -> g.arrivals(atNs))
        .orElse(List.of());
  }
}
