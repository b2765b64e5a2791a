package dev.muster.worker.agent;

import dev.muster.protocol.Generation;
import dev.muster.protocol.local.ControlPage.Phase;
import dev.muster.protocol.message.ToMaster.NodeDigest;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Makes a node's beat from a look at its workers. */
final class Digest {
  private static final Set<Phase> BEFORE = EnumSet.of(Phase.JOINING, Phase.RESTORING);

  private Digest() {}

  static NodeDigest of(
      AgentSettings settings, long sequence, Optional<LocalGroup> group, List<Reading> readings) {
    var members =
        readings.stream()
            .filter(r -> group.isPresent() && group.get().member(r.worker()).isPresent())
            .filter(r -> r.generation() == group.get().generation().number())
            .filter(r -> !BEFORE.contains(r.phase())) // what these hold is of their former group
            .toList();
    var ahead = members.stream().max(Comparator.comparingLong(Reading::appliedStep));
    boolean stepped = ahead.isPresent() && ahead.get().appliedStep() > 0;
    return new NodeDigest(
        settings.node(),
        settings.incarnation(),
        sequence,
        group.map(LocalGroup::generation).orElse(Generation.NONE),
        members.stream().mapToLong(Reading::appliedStep).min().orElse(-1),
        ahead.map(Reading::appliedStep).orElse(-1L),
        stepped ? ahead.get().loss() : Double.NaN,
        stepped ? ahead.get().unitsPerSecond() : 0);
  }
}
