package dev.muster.master.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.quorum.Quorum.Decision;
import dev.muster.master.quorum.Quorum.Participant;
import dev.muster.master.quorum.Quorum.Policy;
import dev.muster.master.quorum.Quorum.State;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The decision alone, tabulated. */
final class QuorumTest {
  private static final long S = 1_000_000_000L;
  private static final long HOUR = 3_600 * S;
  private static final Policy PATIENT = new Policy(1, HOUR, 5 * S);

  @Test
  void givenA1_whenNobodyJoined_thenNoneWithAReason() {
    assertThat(Quorum.decide(State.EMPTY, PATIENT, 0))
        .isInstanceOfSatisfying(
            Decision.None.class,
            none -> assertThat(none.reason()).contains("minReplicas=1 candidates=0"));
  }

  @Test
  void givenA2_whenAllThatBeatJoined_thenFormedInTheSameTick() {
    assertMembers(decide(asked(State.EMPTY, "a b", 7), PATIENT, 7), "a b");
  }

  @Test
  void givenA4_whenOneOnlyBeatsAndTheFirstJoinedLongAgo_thenItStaysOutside() {
    long nowNs = 10 * HOUR;
    State state =
        asked(asked(State.EMPTY, "a", 0), "b", nowNs).beat(id("a"), nowNs).beat(id("c"), nowNs);
    assertMembers(decide(state, PATIENT, nowNs), "a b");
  }

  @Test
  void givenA4AMomentEarlier_whenTheJoinTimeoutIsNotOver_thenItWaitsForTheOneThatBeats() {
    State state =
        asked(State.EMPTY, "a b", 0)
            .beat(id("c"), HOUR - 1)
            .beat(id("a"), HOUR - 1)
            .beat(id("b"), HOUR - 1);
    assertThat(decide(state, PATIENT, HOUR - 1)).isInstanceOf(Decision.None.class);
    assertMembers(decide(state, PATIENT, HOUR), "a b");
  }

  @Test
  void givenA6_whenOneThatAskedIsSilent_thenTheFreshOneIsTheQuorum() {
    State state = asked(asked(State.EMPTY, "a", 0), "b", 10 * S);
    assertMembers(decide(state, PATIENT, 10 * S), "b");
  }

  @Test
  void givenA7_whenOneAskedAndOneOnlyBeats_thenNoneAndTheStatusCountsThem() {
    State state = asked(State.EMPTY, "a", 0).beat(id("b"), 0);
    assertThat(decide(state, PATIENT, 0))
        .isInstanceOfSatisfying(
            Decision.None.class,
            none -> assertThat(none.reason()).contains("healthy=1 of asked=1, beating=2"));
  }

  @Test
  void givenA7LongAfterTheJoinTimeout_whenHalfOfThoseThatBeatAsked_thenStillNoMajority() {
    State state = asked(State.EMPTY, "a", 0).beat(id("a"), 2 * HOUR).beat(id("b"), 2 * HOUR);
    assertThat(decide(state, PATIENT, 2 * HOUR))
        .isInstanceOfSatisfying(
            Decision.None.class, none -> assertThat(none.reason()).contains("no majority"));
  }

  @Test
  void givenA9_whenThePreviousMembersAskAgain_thenNewcomersComeInAtOnce() {
    State state = asked(State.EMPTY.after(ids("a"), new Generation(4)), "a b", 0).beat(id("c"), 0);
    assertMembers(decide(state, PATIENT, 0), "a b");
  }

  @Test
  void givenShrinkOnlyBelowTheMinimum_whenDecided_thenRefused() {
    State state =
        asked(State.EMPTY.after(ids("a b"), new Generation(1)), "c d", 0)
            .asked(new Participant(id("a"), 0, 0, true, 0));
    assertThat(decide(state, new Policy(2, 0, 5 * S), 0))
        .isInstanceOfSatisfying(
            Decision.None.class,
            none ->
                assertThat(none.reason()).contains("minReplicas=2 candidates=1", "shrink-only"));
  }

  @Test
  void givenShrinkOnlyWithoutAPreviousQuorum_whenDecided_thenAllAreCandidates() {
    State state = asked(State.EMPTY, "b", 0).asked(new Participant(id("a"), 0, 0, true, 0));
    assertMembers(decide(state, PATIENT, 0), "a b");
  }

  @Test
  void givenABeatExactlyAsOldAsTheTimeout_whenDecided_thenItDoesNotCount() {
    State state = asked(State.EMPTY, "a", 0);
    assertMembers(decide(state, PATIENT, 5 * S - 1), "a");
    assertThat(decide(state, PATIENT, 5 * S)).isInstanceOf(Decision.None.class);
  }

  @Test
  void givenTheSameMembers_whenOnlyAStepDiffers_thenTheGenerationStays() {
    State state =
        State.EMPTY
            .after(ids("a b"), new Generation(3))
            .asked(new Participant(id("a"), 0, 17, false, 0))
            .asked(new Participant(id("b"), 0, 18, false, 0));
    assertThat(((Decision.Formed) decide(state, PATIENT, 0)).generation())
        .isEqualTo(new Generation(3));
  }

  /**
   * Whatever the state: a quorum has the minimum, only members that asked and beat, shrinks when
   * told to, and never two generations.
   */
  @Test
  void givenRandomStates_whenDecided_thenTheQuorumHoldsItsPromises() {
    for (long seed = 0; seed < 5_000; seed++) {
      var random = new Random(seed);
      long nowNs = random.nextInt(100) - 50;
      var policy = new Policy(1 + random.nextInt(4), random.nextInt(40), 1 + random.nextInt(40));
      State state = randomState(random, nowNs);
      if (!(Quorum.decide(state, policy, nowNs)
          instanceof Decision.Formed(var members, var generation, var reason))) {
        continue;
      }
      String replay = "seed=" + seed + " " + reason;
      assertThat(members)
          .as(replay)
          .hasSizeGreaterThanOrEqualTo(policy.minReplicas())
          .isSorted()
          .doesNotHaveDuplicates();
      boolean shrink = false;
      for (Participant p : state.participants().values()) {
        boolean alive = nowNs - state.beats().get(p.id()) < policy.beatTimeoutNs();
        shrink |= alive && p.shrinkOnly();
        assertThat(alive || !members.contains(p.id())).as(replay).isTrue();
      }
      assertThat(state.participants().keySet()).as(replay).containsAll(members);
      if (shrink && !state.previous().members().isEmpty()) {
        assertThat(state.previous().members()).as(replay).containsAll(members);
      }
      boolean changed = !members.equals(state.previous().members());
      if (changed) {
        assertThat(generation).as(replay).isEqualTo(state.previous().generation().next());
      }
    }
  }

  private static State randomState(Random random, long nowNs) {
    var previous = new ArrayList<WorkerId>();
    State state = State.EMPTY;
    for (int i = 0; i < 8; i++) {
      WorkerId id = new WorkerId(new NodeId("r"), i);
      if (random.nextInt(3) == 0) {
        previous.add(id);
      }
      if (random.nextInt(3) > 0) {
        state =
            state.asked(
                new Participant(
                    id,
                    nowNs - random.nextInt(50),
                    random.nextInt(4),
                    random.nextInt(9) == 0,
                    random.nextInt(9) / 8));
      }
      if (random.nextBoolean()) {
        state = state.beat(id, nowNs - random.nextInt(50));
      }
    }
    var generation = previous.isEmpty() ? Generation.NONE : new Generation(1 + random.nextInt(9));
    return new State(
        state.participants(), state.beats(), new Quorum.Previous(previous, generation));
  }

  private static Decision decide(State state, Policy policy, long nowNs) {
    return Quorum.decide(state, policy, nowNs);
  }

  private static void assertMembers(Decision decision, String expected) {
    assertThat(decision)
        .as(decision.reason())
        .isInstanceOfSatisfying(
            Decision.Formed.class, formed -> assertThat(formed.members()).isEqualTo(ids(expected)));
  }

  private static State asked(State state, String names, long atNs) {
    for (WorkerId id : ids(names)) {
      state = state.asked(new Participant(id, atNs, 0, false, 0));
    }
    return state;
  }

  private static List<WorkerId> ids(String names) {
    return Arrays.stream(names.split(" ")).map(QuorumTest::id).toList();
  }

  private static WorkerId id(String name) {
    return new WorkerId(new NodeId(name), 0);
  }
}
