package dev.muster.simulator.check;

import dev.muster.protocol.message.ToAgent;
import dev.muster.simulator.checkpoint.Part;
import java.util.BitSet;
import java.util.List;

/**
 * The shards that a group begins with are all those of one state: of one step, one generation and
 * one layout, none missing.
 */
final class ShardsOfOneState extends Invariant {
  @Override
  public void restored(long nowNs, ToAgent.Form form, List<List<Part>> byRank) {
    var parts = byRank.stream().flatMap(List::stream).distinct().toList();
    if (parts.isEmpty()) {
      return; // told by RestoredAsNamed
    }
    int shards = parts.getFirst().shards();
    var there = new BitSet();
    parts.forEach(part -> there.set(part.shard()));
    boolean one =
        parts.stream().allMatch(p -> p.shards() == shards)
            && parts.stream().map(Part::state).distinct().count() == 1;
    if (!one || there.cardinality() != shards) {
      violated(
          nowNs,
          "shards do not make up one state: generation=%s startStep=%d parts=%s"
              .formatted(form.group().generation(), form.startStep(), parts));
    }
  }
}
