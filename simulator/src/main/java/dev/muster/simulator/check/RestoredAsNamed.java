package dev.muster.simulator.check;

import dev.muster.protocol.message.ToAgent;
import dev.muster.simulator.checkpoint.Part;
import dev.muster.simulator.checkpoint.StateId;
import java.util.List;
import java.util.TreeMap;

/**
 * Every member of a group begins with the very same state: that of the group's start step, computed
 * by the generation that the master named, and not after a step that a later generation went back
 * behind.
 */
final class RestoredAsNamed extends Invariant {
  private final TreeMap<Long, Long> starts = new TreeMap<>(); // of generations that trained

  @Override
  public void restored(long nowNs, ToAgent.Form form, List<List<Part>> byRank) {
    var named = named(form, byRank);
    for (int rank = 0; rank < byRank.size(); rank++) {
      var parts = byRank.get(rank);
      if (parts.isEmpty() || parts.stream().anyMatch(part -> !part.state().equals(named))) {
        violated(
            nowNs,
            "a rank restored another state: generation=%s rank=%d expected=[%s] actual=%s"
                .formatted(form.group().generation(), rank, named, parts));
        return;
      }
    }
    checkStep(nowNs, form, named);
    checkHistory(nowNs, form, named);
  }

  /** Without an order to read, what the source holds, or whoever is first. */
  private static StateId named(ToAgent.Form form, List<List<Part>> byRank) {
    if (form.restore() != null) {
      return new StateId(form.restore().generation().number(), form.startStep());
    }
    return byRank.get(Math.max(0, form.sourceRank())).stream()
        .findFirst()
        .map(Part::state)
        .orElse(StateId.FRESH);
  }

  private void checkStep(long nowNs, ToAgent.Form form, StateId state) {
    if (state.step() != form.startStep()) {
      violated(
          nowNs,
          "a group began with another step: generation=%s expected=%d actual=[%s]"
              .formatted(form.group().generation(), form.startStep(), state));
    }
  }

  private void checkHistory(long nowNs, ToAgent.Form form, StateId state) {
    starts
        .tailMap(state.generation(), false)
        .forEach((generation, start) -> {
          if (start < state.step()) {
            violated(
                nowNs,
                "a history that was given up went on: generation=%s state=[%s], but generation %d began at %d"
                    .formatted(form.group().generation(), state, generation, start));
          }
        });
    starts.values().removeIf(start -> start >= form.startStep()); // implied by this one
    starts.put(form.group().generation().number(), form.startStep());
  }
}
