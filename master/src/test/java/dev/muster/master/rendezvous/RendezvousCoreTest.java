package dev.muster.master.rendezvous;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.rendezvous.Rendezvous.Policy;
import dev.muster.master.rendezvous.RendezvousCore.Answer;
import dev.muster.master.rendezvous.RendezvousCore.Arrived;
import dev.muster.master.rendezvous.RendezvousCore.Closed;
import dev.muster.master.rendezvous.RendezvousCore.Dismissed;
import dev.muster.master.rendezvous.RendezvousCore.Event;
import dev.muster.master.rendezvous.RendezvousCore.Lost;
import dev.muster.master.rendezvous.RendezvousCore.Placed;
import dev.muster.master.rendezvous.RendezvousCore.Refused;
import dev.muster.master.rendezvous.RendezvousCore.Reply;
import dev.muster.master.rendezvous.RendezvousCore.Standby;
import dev.muster.master.rendezvous.RendezvousCore.Superseded;
import dev.muster.master.rendezvous.RendezvousCore.Unassigned;
import dev.muster.master.virtual.VirtualEffects;
import dev.muster.protocol.WorkerId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Scenarios over several rounds, in virtual time. */
final class RendezvousCoreTest {
  private static final long S = 1_000_000_000L;
  private static final Cooldown.Policy NO_COOLDOWN = new Cooldown.Policy(0, 0);

  private final VirtualEffects<Event> fx = new VirtualEffects<>();
  private final Map<Long, String> asked = new LinkedHashMap<>();
  private RendezvousCore core;
  private long requests;

  @Test
  void givenA29_whenTheFourthJoins_thenAllAreAnsweredAtThatMoment() {
    start(Policy.of(2, 4, 30 * S, 600 * S));
    join("a/0", 1);
    join("b/0", 1);
    fx.advance(5 * S, core);
    join("c/0", 1);
    fx.advance(5 * S, core);
    assertThat(replies()).isEmpty();
    join("d/0", 1);
    assertThat(replies())
        .containsOnlyKeys("a/0", "b/0", "c/0", "d/0")
        .allSatisfy(
            (who, reply) -> assertThat(((Placed) reply).group()).isEqualTo(ids("a/0 b/0 c/0 d/0")));
    assertThat(fx.hasTimers()).isFalse();
  }

  @Test
  void givenOnlyTheMinimum_whenLastCallIsOver_thenTheTimerFormsTheGroup() {
    start(Policy.of(2, 4, 30 * S, 600 * S));
    join("a/0", 1);
    join("b/0", 1);
    fx.advance(30 * S - 1, core);
    assertThat(replies()).isEmpty();
    fx.advance(1, core);
    assertThat(replies()).containsOnlyKeys("a/0", "b/0");
  }

  @Test
  void givenA32_whenAThirdArrivesAfterCompletionAtTheMaximum_thenItIsRedundantAndNobodyIsWaiting() {
    complete(Policy.of(2, 2, 30 * S, 600 * S), "a/0 b/0");
    join("c/0", 1);
    assertThat(core.redundancy()).isEqualTo(ids("c/0"));
    assertThat(core.waiting()).isEmpty();
    assertThat(core.group()).isEqualTo(ids("a/0 b/0"));
  }

  @Test
  void givenRoomInACompleteGroup_whenAnotherArrives_thenItWaitsAndTheNextRoundTakesIt() {
    start(Policy.of(2, 3, S, 600 * S));
    join("a/0", 1);
    join("b/0", 1);
    fx.advance(S, core);
    replies();
    join("c/0", 1);
    assertThat(core.waiting()).isEqualTo(ids("c/0"));
    join("a/0", 2);
    join("b/0", 2);
    assertThat(core.round()).isEqualTo(2);
    assertThat(core.group()).isEqualTo(ids("a/0 b/0 c/0"));
  }

  @Test
  void givenA34_whenClosed_thenAJoinIsRefusedAndARedundantWorkerIsDismissed() {
    complete(Policy.of(2, 2, 30 * S, 600 * S), "a/0 b/0");
    join("c/0", 1);
    replies();
    core.on(new Closed("training finished"), fx);
    assertThat(replies())
        .containsOnlyKeys("c/0")
        .allSatisfy((who, reply) -> assertThat(reply).isInstanceOf(Dismissed.class));
    join("d/0", 1);
    assertThat(replies().get("d/0")).isEqualTo(new Refused("rendezvous closed: training finished"));
  }

  @Test
  void givenAnOpenRound_whenClosed_thenWhoWaitedIsTold() {
    start(Policy.of(2, 2, 30 * S, 600 * S));
    join("a/0", 1);
    core.on(new Closed("stopped by the user"), fx);
    assertThat(replies().get("a/0")).isEqualTo(new Refused("stopped by the user"));
    assertThat(fx.hasTimers()).isFalse();
  }

  @Test
  void givenA36_whenAllMembersAreGone_thenTheNextJoinStartsRoundPlusOneWithoutGhosts() {
    complete(Policy.of(2, 2, 30 * S, 600 * S), "a/0 b/0");
    lose("a/0", false);
    lose("b/0", false);
    join("c/0", 1);
    assertThat(core.round()).isEqualTo(2);
    assertThat(core.group()).isEmpty();
    assertThat(replies()).isEmpty();
    join("d/0", 1);
    assertThat(replies().get("d/0")).isEqualTo(new Placed(2, 1, ids("c/0 d/0")));
  }

  /**
   * The membership of A39; that survivors resume at the committed step is the recovery plan's part.
   */
  @Test
  void givenA39_whenOneWorkerFails_thenSizesGoFrom4To2InRound2AndItsHostIsBarred() {
    start(Policy.of(2, 4, S, 600 * S), new Cooldown.Policy(Arrivals.FOREVER, Arrivals.FOREVER));
    for (String worker : "a/0 a/1 b/0 b/1".split(" ")) {
      join(worker, 1);
    }
    assertThat(core.group()).hasSize(4);
    lose("b/1", true);
    for (String survivor : "b/0 a/1 a/0".split(" ")) {
      join(survivor, 2);
    }
    fx.advance(S, core);
    assertThat(core.round()).isEqualTo(2);
    assertThat(core.group()).isEqualTo(ids("a/0 a/1"));
    for (String again : "a/1 a/0".split(" ")) {
      join(again, 3);
    }
    fx.advance(500 * S, core);
    assertThat(core.group()).isEqualTo(ids("a/0 a/1"));
  }

  @Test
  void givenA42_whenOneSurvivorIsLeftBelowTheMinimum_thenItIsToldAfterTheLimit() {
    complete(Policy.of(2, 2, 0, S), "a/0 b/0");
    lose("b/0", false);
    join("a/0", 2);
    fx.advance(S - 1, core);
    assertThat(replies()).isEmpty();
    fx.advance(1, core);
    assertThat(replies().get("a/0"))
        .isInstanceOfSatisfying(
            Refused.class,
            refused ->
                assertThat(refused.reason()).contains("below minimum: minWorkers=2 usable=1"));
  }

  @Test
  void givenA46_whenANodeFailedTwice_thenItIsAdmittedOnlyAfterEachCooldown() {
    start(Policy.of(2, 2, 0, 600 * S), new Cooldown.Policy(S, 2 * S));
    join("a/0", 1);
    join("b/0", 1);
    for (int failure = 1; failure <= 2; failure++) {
      lose("b/" + (failure - 1), true);
      join("a/0", failure + 1);
      join("b/" + failure, failure + 1);
      fx.advance(S - 1, core);
      assertThat(core.group()).as("failure=" + failure).isEmpty();
      fx.advance(S + 1, core);
      assertThat(core.group()).as("failure=" + failure).hasSize(2);
    }
  }

  @Test
  void givenA47_whenTheSurplusArrivesInTime_thenStandbyNumbersFollowTheRanks() {
    start(new Policy(2, 2, 0, 600 * S, 10 * S, 1));
    join("a/0", 1);
    join("b/0", 1);
    for (String worker : "d/0 c/0 b/0 a/0".split(" ")) {
      join(worker, 2);
    }
    assertThat(core.round()).isEqualTo(2);
    assertThat(core.group()).isEqualTo(ids("a/0 b/0"));
    assertThat(replies().get("d/0")).isEqualTo(new Standby(2, 3));
  }

  @Test
  void givenA51_whenAFifthNodeArrivesForFour_thenItStandsByAndTheJobRunsOn() {
    complete(Policy.of(4, 4, S, 600 * S), "a/0 b/0 c/0 d/0");
    join("e/0", 1);
    fx.advance(3_600 * S, core);
    assertThat(core.round()).isEqualTo(1);
    assertThat(core.group()).hasSize(4);
    assertThat(core.redundancy()).isEqualTo(ids("e/0"));
    assertThat(core.waiting()).isEmpty();
  }

  @Test
  void givenA51_whenAMemberIsLost_thenTheRedundantWorkerBecomesAReasonToRegroup() {
    complete(Policy.of(4, 4, S, 600 * S), "a/0 b/0 c/0 d/0");
    join("e/0", 1);
    lose("b/0", false);
    assertThat(core.waiting()).isEqualTo(ids("e/0"));
    for (String survivor : "d/0 c/0 a/0".split(" ")) {
      join(survivor, 2);
    }
    assertThat(core.group()).isEqualTo(ids("a/0 c/0 d/0 e/0"));
  }

  @Test
  void givenA52_whenALateWorkerClaimsARoundThatIsComplete_thenItIsUnassignedAndJoinsTheNext() {
    start(Policy.of(2, 3, S, 600 * S));
    join("a/0", 1);
    join("b/0", 1);
    fx.advance(S, core);
    replies();
    join("c/0", 1);
    assertThat(replies().get("c/0")).isEqualTo(new Unassigned(1));
    assertThat(core.group()).isEqualTo(ids("a/0 b/0"));
    join("b/0", 2);
    join("a/0", 2);
    assertThat(replies().get("c/0")).isEqualTo(new Placed(2, 2, ids("a/0 b/0 c/0")));
  }

  @Test
  void givenA56_whenTheMissingMemberArrives_thenTheGateClosesEarly() {
    start(new Policy(2, 3, S, 600 * S, 15 * S, 1));
    for (String worker : "a/0 b/0 c/0".split(" ")) {
      join(worker, 1);
    }
    join("a/0", 2);
    join("b/0", 2);
    replies();
    fx.advance(10 * S, core);
    assertThat(replies()).isEmpty();
    join("c/0", 2);
    assertThat(core.group()).isEqualTo(ids("a/0 b/0 c/0"));
  }

  @Test
  void givenAMemberThatAsksAgain_whenItsRoundIsComplete_thenItReadsTheSamePlace() {
    complete(Policy.of(2, 2, 0, S), "a/0 b/0");
    join("b/0", 1);
    assertThat(replies().get("b/0")).isEqualTo(new Placed(1, 1, ids("a/0 b/0")));
    assertThat(core.round()).isEqualTo(1);
  }

  @Test
  void givenAnOlderRequest_whenTheWorkerAsksAgain_thenTheOlderOneIsSuperseded() {
    start(Policy.of(2, 2, 0, S));
    join("a/0", 1);
    join("a/0", 1);
    assertThat(fx.take(Answer.class)).containsExactly(new Answer(1, new Superseded()));
  }

  /**
   * Every request is answered in the end, whatever comes and goes, and no group repeats or invents
   * a worker.
   */
  @Test
  void givenRandomHistories_whenClosed_thenEveryRequestOfALiveWorkerWasAnswered() {
    for (long seed = 0; seed < 500; seed++) {
      var random = new Random(seed);
      start(
          new Policy(2, 3, random.nextInt(3) * S, 20 * S, random.nextInt(2) * 3 * S, 1),
          new Cooldown.Policy(S, 4 * S));
      var open = new LinkedHashMap<Long, String>();
      for (int event = 0; event < 60; event++) {
        String who = (char) ('a' + random.nextInt(5)) + "/0";
        switch (random.nextInt(5)) {
          case 0 -> {
            lose(who, random.nextBoolean());
            open.values().removeIf(who::equals);
          }
          case 1 -> fx.advance(random.nextInt(4) * S, core);
          default -> open.put(join(who, core.round() + random.nextInt(2)), who);
        }
        settle(open);
        assertThat(core.group())
            .as("seed=" + seed)
            .doesNotHaveDuplicates()
            .hasSizeLessThanOrEqualTo(3);
      }
      core.on(new Closed("end"), fx);
      settle(open);
      assertThat(open).as("unanswered, seed=" + seed).isEmpty();
    }
  }

  private void settle(Map<Long, String> open) {
    for (Answer answer : fx.take(Answer.class)) {
      boolean last =
          !(answer.reply() instanceof Unassigned) && !(answer.reply() instanceof Standby);
      if (last) {
        open.remove(answer.requestId());
      }
    }
  }

  private void start(Policy policy) {
    start(policy, NO_COOLDOWN);
  }

  private void start(Policy policy, Cooldown.Policy cooldown) {
    core = new RendezvousCore(policy, cooldown, fx.nowNs());
  }

  private void complete(Policy policy, String members) {
    start(policy);
    ids(members).forEach(worker -> join(worker.toString(), 1));
    assertThat(core.group()).isEqualTo(ids(members));
    replies();
  }

  private long join(String worker, long round) {
    WorkerId id = WorkerId.parse(worker);
    asked.put(++requests, worker);
    core.on(new Arrived(id, id.node().name(), requests, round), fx);
    return requests;
  }

  private void lose(String worker, boolean blamed) {
    core.on(new Lost(WorkerId.parse(worker), blamed, "test"), fx);
  }

  /** Last reply to each worker since the last call. */
  private Map<String, Reply> replies() {
    var replies = new LinkedHashMap<String, Reply>();
    new ArrayList<>(fx.take(Answer.class))
        .forEach(answer -> replies.put(asked.get(answer.requestId()), answer.reply()));
    return replies;
  }

  private static List<WorkerId> ids(String text) {
    return Arrays.stream(text.split(" ")).map(WorkerId::parse).toList();
  }
}
