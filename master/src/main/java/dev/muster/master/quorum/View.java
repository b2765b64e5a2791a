package dev.muster.master.quorum;

import dev.muster.master.quorum.Quorum.Participant;
import dev.muster.protocol.WorkerId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A quorum's state as it looks at one moment.
 *
 * @param participants asked and beating, ascending by id
 * @param candidates of these, who may be members now: all, or with shrink-only the previous members
 * @param beating replicas that beat, whether they asked or not
 * @param asked requests, those of silent replicas included
 */
record View(
    List<Participant> participants,
    List<Participant> candidates,
    int beating,
    int asked,
    boolean shrinkOnly,
    boolean allPreviousAsked) {

  /**
   * Walks the sorted collections side by side: one comparison per entry, where a lookup would cost
   * a dozen.
   */
  static View of(Quorum.State state, Quorum.Policy policy, long nowNs) {
    var participants = new ArrayList<Participant>(state.participants().size());
    var asked = new Cursor<>(state.participants().values().iterator(), Participant::id);
    int beating = 0;
    for (Map.Entry<WorkerId, Long> beat : state.beats().entrySet()) {
      if (nowNs - beat.getValue() < policy.beatTimeoutNs()) {
        beating++;
        asked.at(beat.getKey()).ifPresent(participants::add);
      }
    }
    return of(participants, state, beating);
  }

  private static View of(List<Participant> participants, Quorum.State state, int beating) {
    boolean shrinkOnly = participants.stream().anyMatch(Participant::shrinkOnly);
    List<WorkerId> previous = state.previous().members();
    var here = new Cursor<>(participants.iterator(), Participant::id);
    List<Participant> former = previous.stream().map(here::at).flatMap(Optional::stream).toList();
    boolean cut = shrinkOnly && !previous.isEmpty();
    boolean allPreviousAsked = !previous.isEmpty() && former.size() == previous.size();
    return new View(
        participants,
        cut ? former : participants,
        beating,
        state.participants().size(),
        shrinkOnly,
        allPreviousAsked);
  }

  /** Undefined without participants. */
  long firstJoinedNs() {
    return participants.stream()
        .mapToLong(Participant::joinedNs)
        .reduce((a, b) -> a - b < 0 ? a : b)
        .getAsLong();
  }

  /** For reasons and status: how many of those that asked are healthy, and how many beat. */
  String counts() {
    return "healthy="
        + participants.size()
        + " of asked="
        + asked
        + ", beating="
        + beating
        + (shrinkOnly ? ", shrink-only" : "");
  }
}
