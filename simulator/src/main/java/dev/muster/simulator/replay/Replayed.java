package dev.muster.simulator.replay;

import dev.muster.master.job.JobEvent;
import dev.muster.protocol.Generation;
import java.util.List;
import java.util.Optional;

/**
 * One entry of a journal and what came of it this time.
 *
 * @param number of the entry, from 1
 * @param atNs since the first entry, by the clock of the masters that wrote them
 * @param recorded topic and reason of each decision, as the run noted it
 * @param decided the same, as this build decides
 * @param generation of the job's group after it
 */
public record Replayed(
    int number,
    long atNs,
    JobEvent event,
    List<String> recorded,
    List<String> decided,
    Generation generation) {

  public boolean same() {
    return recorded.equals(decided);
  }

  /** The event's name; what an agent said goes by the name of its message. */
  public String eventName() {
    return switch (event) {
      case JobEvent.FromAgent(var node, var message) -> message.getClass().getSimpleName();
      default -> event.getClass().getSimpleName();
    };
  }

  /** The node that the event is about, if it is about one. */
  public Optional<String> node() {
    return switch (event) {
      case JobEvent.FromAgent(var node, var message) -> Optional.of(node.name());
      case JobEvent.LinkLost(var node, var reason) -> Optional.of(node.name());
      case JobEvent.NodeSilent silent -> Optional.of(silent.node().name());
      case JobEvent.StartOverdue(var worker) -> Optional.of(worker.node().name());
      default -> Optional.empty();
    };
  }
}
