package dev.muster.simulator.local;

import dev.muster.simulator.drill.Drill;
import dev.muster.simulator.fault.Fault;
import dev.muster.simulator.fault.FaultSpec;
import dev.muster.simulator.fault.Plan;
import dev.muster.simulator.fault.Timing;
import dev.muster.simulator.fault.Verb;
import dev.muster.simulator.fault.Window;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/**
 * What of a drill happens on this machine: the same for the real processes and for the prediction.
 *
 * @param faults in the order they strike
 * @param impossible what of the drill this place cannot do, with the reason
 */
public record LocalPlan(List<LocalFault> faults, List<String> impossible) {
  public LocalPlan {
    faults = faults.stream().sorted(Comparator.comparingLong(LocalFault::atNs)).toList();
    impossible = List.copyOf(impossible);
  }

  /**
   * The drill's own plan for this seed and time, with what cannot be done here set aside.
   *
   * @param agents a node beyond them becomes one of them
   */
  public static LocalPlan of(Drill drill, long seed, int agents, long horizonNs) {
    var window = new Window(horizonNs - 1, false);
    var plan = Plan.expand(drill.name(), drill.faults(), List.of(), drill.fleet(), seed, window);
    var faults = new ArrayList<LocalFault>();
    var others = new TreeMap<Verb, Integer>();
    for (var fault : plan.faults()) {
      var verb = LocalFault.Verb.of(fault.verb());
      verb.ifPresentOrElse(
          possible -> faults.addAll(here(fault, possible, agents)),
          () -> others.merge(fault.verb(), 1, Integer::sum));
    }
    return new LocalPlan(faults, impossible(drill, others));
  }

  private static List<LocalFault> here(Fault fault, LocalFault.Verb verb, int agents) {
    if (fault.verb().clusterWide()) {
      return List.of(new LocalFault(fault.atNs(), verb, 0, fault.forNs(), fault.draw()));
    }
    return fault.nodes().stream()
        .map(node -> node % agents)
        .distinct()
        .map(agent -> new LocalFault(fault.atNs(), verb, agent, fault.forNs(), fault.draw()))
        .toList();
  }

  private static List<String> impossible(Drill drill, TreeMap<Verb, Integer> others) {
    var all = new ArrayList<String>();
    others.forEach((verb, times) -> all.add(times + " x " + verb.text() + ": " + why(verb)));
    drill.faults().stream()
        .filter(line -> line.timing() instanceof Timing.When)
        .map(FaultSpec::toString)
        .map(line -> line + ": what it waits for is only watched in virtual time")
        .forEach(all::add);
    drill
        .profile()
        .ifPresent(p -> all.add("failures of the hardware profile: this machine has its own"));
    return all;
  }

  private static String why(Verb verb) {
    return switch (verb) {
      case NODE_DOWN, REBOOT ->
          "a process cannot take its own host away; agent-kill is the nearest";
      case PARTITION, PARTITION_IN, PARTITION_OUT, LINK_DELAY, LINK_LOSS ->
          "agents and master share one host, no network is between them";
      case CLOCK_STEP, CLOCK_DRIFT -> "all processes share the clock of this host";
      default -> "no signal to a process does that";
    };
  }
}
