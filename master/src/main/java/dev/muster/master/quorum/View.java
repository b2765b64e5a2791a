package dev.muster.master.quorum;

import dev.muster.master.quorum.Quorum.Participant;
import dev.muster.protocol.WorkerId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

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

  static View of(Quorum.State state, Quorum.Policy policy, long nowNs) {
    var participants = new ArrayList<Participant>(state.participants().size());
    int beating = 0;
    for (Map.Entry<WorkerId, Long> beat : state.beats().entrySet()) {
      if (nowNs - beat.getValue() < policy.beatTimeoutNs()) {
        beating++;
        Participant participant = state.participants().get(beat.getKey());
        if (participant != null) {
          participants.add(participant);
        }
      }
    }
    return of(participants, state, beating);
  }

  private static View of(List<Participant> participants, Quorum.State state, int beating) {
    boolean shrinkOnly = participants.stream().anyMatch(Participant::shrinkOnly);
    Set<WorkerId> previous = new HashSet<>(state.previous().members());
    List<Participant> former = participants.stream().filter(p -> previous.contains(p.id())).toList();
    boolean cut = shrinkOnly && !previous.isEmpty();
    boolean allPreviousAsked = !previous.isEmpty() && former.size() == previous.size();
    return new View(
        participants, cut ? former : participants, beating, state.participants().size(), shrinkOnly, allPreviousAsked);
  }

  /** Undefined without participants. */
  long firstJoinedNs() {
    return participants.stream().mapToLong(Participant::joinedNs).reduce((a, b) -> a - b < 0 ? a : b).getAsLong();
  }

  /** For reasons and status: how many of those that asked are healthy, and how many beat. */
  String counts() {
    return "healthy=" + participants.size() + " of asked=" + asked + ", beating=" + beating + (shrinkOnly ? ", shrink-only" : "");
  }
}
