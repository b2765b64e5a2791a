package dev.muster.master.quorum;

import dev.muster.protocol.Generation;
import dev.muster.protocol.WorkerId;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which replicas take the next step together: a pure function of who asked, who beats, and who was
 * together before. A replica is named by the worker that speaks for it.
 *
 * <p>Source: the decision order of TorchFT's Lighthouse, with three of its mistakes corrected: a
 * shrink-only quorum below the minimum is refused here; dead beats are forgotten ({@link
 * QuorumCore}); a request that fails is answered to all who wait for it.
 */
public final class Quorum {
  private Quorum() {}

  /**
   * @param minReplicas fewest that may step
   * @param joinTimeoutNs how long, from the first request, to wait for replicas that beat but have
   *     not asked; too short: they miss a step, too long: a stuck replica delays all
   * @param beatTimeoutNs a beat this old or older no longer counts
   */
  public record Policy(int minReplicas, long joinTimeoutNs, long beatTimeoutNs) {}

  /**
   * One replica's request.
   *
   * @param joinedNs when it asked
   * @param step its last committed step
   * @param shrinkOnly it wants no newcomer in this round
   * @param commitFailures steps in a row it could not commit; more than 0 asks for a new generation
   */
  public record Participant(
      WorkerId id, long joinedNs, long step, boolean shrinkOnly, long commitFailures) {}

  /**
   * The latest quorum; empty with {@link Generation#NONE} before the first.
   *
   * @param members ascending by id
   */
  public record Previous(List<WorkerId> members, Generation generation) {
    public static final Previous NONE = new Previous(List.of(), Generation.NONE);

    public Previous {
      members = members.stream().sorted().toList();
    }
  }

  /**
   * Everything the decision depends on.
   *
   * @param participants who asked since the latest quorum
   * @param beats time of the last beat of every replica heard of; a request counts as one
   */
  public record State(
      SortedMap<WorkerId, Participant> participants,
      SortedMap<WorkerId, Long> beats,
      Previous previous) {
    public static final State EMPTY = new State(new TreeMap<>(), new TreeMap<>(), Previous.NONE);

    public State {
      participants = Collections.unmodifiableSortedMap(participants);
      beats = Collections.unmodifiableSortedMap(beats);
    }

    public State asked(Participant participant) {
      var more = new TreeMap<>(participants);
      more.put(participant.id(), participant);
      return new State(more, beats, previous).beat(participant.id(), participant.joinedNs());
    }

    public State beat(WorkerId id, long atNs) {
      var more = new TreeMap<>(beats);
      more.put(id, atNs);
      return new State(participants, more, previous);
    }

    public State after(List<WorkerId> members, Generation generation) {
      return new State(new TreeMap<>(), beats, new Previous(members, generation));
    }
  }

  public sealed interface Decision {
    String reason();

    record None(String reason) implements Decision {}

    /**
     * @param members ascending by id; a member's place here is its rank among the replicas
     */
    record Formed(List<WorkerId> members, Generation generation, String reason)
        implements Decision {}
  }

  /**
   * The whole rule, first match wins: below minimum, fast quorum, split-brain guard, wait for
   * stragglers; otherwise form.
   */
  public static Decision decide(State state, Policy policy, long nowNs) {
    var view = View.of(state, policy, nowNs);
    if (view.candidates().size() < policy.minReplicas()) {
      return none(
          view,
          "below minimum: minReplicas="
              + policy.minReplicas()
              + " candidates="
              + view.candidates().size());
    }
    if (view.allPreviousAsked()) {
      return formed(view, state.previous(), "fast quorum: all previous members asked");
    }
    if (view.participants().size() <= view.beating() / 2) {
      return none(view, "no majority: a quorum elsewhere is possible");
    }
    long waitedNs = nowNs - view.firstJoinedNs();
    if (view.participants().size() < view.beating() && waitedNs < policy.joinTimeoutNs()) {
      return none(
          view,
          "waiting for replicas that beat but have not asked: joinTimeoutNs="
              + policy.joinTimeoutNs()
              + " waitedNs="
              + waitedNs);
    }
    return formed(view, state.previous(), "quorum of those that asked");
  }

  private static Decision none(View view, String statement) {
    return new Decision.None(statement + "; " + view.counts());
  }

  /**
   * The generation changes with the members, or when one of them says that its steps do not commit.
   */
  private static Decision formed(View view, Previous previous, String statement) {
    List<WorkerId> members = view.candidates().stream().map(Participant::id).toList();
    boolean same = members.equals(previous.members());
    boolean failing = view.candidates().stream().anyMatch(p -> p.commitFailures() > 0);
    Generation generation = same && !failing ? previous.generation() : previous.generation().next();
    String why =
        same
            ? failing ? "; new generation: failed commits reported" : ""
            : "; new generation: members changed";
    return new Decision.Formed(members, generation, statement + "; " + view.counts() + why);
  }
}
