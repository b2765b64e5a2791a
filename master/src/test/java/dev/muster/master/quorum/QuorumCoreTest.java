package dev.muster.master.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.quorum.Quorum.Participant;
import dev.muster.master.quorum.QuorumCore.Answer;
import dev.muster.master.quorum.QuorumCore.Asked;
import dev.muster.master.quorum.QuorumCore.Beat;
import dev.muster.master.quorum.QuorumCore.Event;
import dev.muster.master.quorum.QuorumCore.Joined;
import dev.muster.master.quorum.QuorumCore.Pace;
import dev.muster.master.quorum.QuorumCore.Refused;
import dev.muster.master.quorum.QuorumCore.Reply;
import dev.muster.master.virtual.VirtualEffects;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Scenarios over several rounds, in virtual time. A19 and A26 need processes and are tested with
 * them.
 */
final class QuorumCoreTest {
  private static final long MS = 1_000_000L;
  private static final long S = 1_000 * MS;
  private static final Pace PACE = new Pace(100 * MS, 60 * S);

  private final VirtualEffects<Event> fx = new VirtualEffects<>();
  private QuorumCore core;
  private long requests;

  @Test
  void givenA11_whenARoundIsShrinkOnly_thenTheJoinersCallIsAnsweredOneRoundLater() {
    start(new Quorum.Policy(2, S, 5 * S));
    ask("r0", 1);
    ask("r1", 1);
    assertThat(round()).hasSize(2);

    ask("r0", 2, true, 0);
    long joiner = ask("j", 0);
    ask("r1", 2);
    Map<Long, Reply> second = round();
    assertThat(second).hasSize(2).doesNotContainKey(joiner);
    second.values().forEach(reply -> assertThat(names(reply)).containsExactly("r0", "r1"));

    ask("r0", 3);
    ask("r1", 3);
    Map<Long, Reply> third = round();
    assertThat(third).hasSize(3).containsKey(joiner);
    assertThat(names(third.get(joiner))).containsExactly("j", "r0", "r1");
  }

  @Test
  void givenCallersLeftOutForLong_whenTheMembersAreStepping_thenTheyFormNoQuorumPastThem() {
    start(new Quorum.Policy(1, S, 5 * S));
    ask("r0", 1);
    round();
    ask("j1", 0);
    ask("j2", 0);
    fx.advance(500 * MS, core);
    ask("r0", 2, true, 0);
    assertThat(round()).hasSize(1);
    fx.advance(900 * MS, core);
    assertThat(answers()).as("their wait began anew when they were left out").isEmpty();
    long third = ask("r0", 3);
    assertThat(names(round().get(third))).containsExactly("j1", "j2", "r0");
  }

  @Test
  void givenA12_whenAMemberReportsFailedCommits_thenOnlyTheGenerationChanges() {
    start(new Quorum.Policy(2, S, 5 * S));
    var generations = new java.util.ArrayList<Long>();
    for (int round = 1; round <= 3; round++) {
      ask("a", round);
      ask("b", round, false, round == 3 ? 2 : 0);
      Reply reply = round().values().iterator().next();
      assertThat(names(reply)).containsExactly("a", "b");
      generations.add(((Joined) reply).generation().number());
    }
    assertThat(generations).containsExactly(1L, 1L, 2L);
  }

  /** The decision part of A16, in virtual time; sockets are tested with real agents. */
  @Test
  void givenA16_whenAMemberStopsBeating_thenItIsInAfter150MsAndOutAfter400() {
    start(new Quorum.Policy(1, 0, 200 * MS));
    core.on(new Beat(id("silent")), fx);
    fx.advance(150 * MS, core);
    assertThat(View.of(core.state(), new Quorum.Policy(1, 0, 200 * MS), fx.nowNs()).beating())
        .isEqualTo(1);
    fx.advance(250 * MS, core);
    assertThat(View.of(core.state(), new Quorum.Policy(1, 0, 200 * MS), fx.nowNs()).beating())
        .isZero();
  }

  /**
   * The same with requests: the silent replica is a member in the first round and not in the
   * second.
   */
  @Test
  void givenA16_whenTheSilentReplicaHadAsked_thenTheSecondRoundGoesOnWithoutIt() {
    start(new Quorum.Policy(1, 100 * MS, 200 * MS));
    ask("live", 1);
    ask("silent", 1);
    assertThat(names(round().get(1L))).containsExactly("live", "silent");
    fx.advance(150 * MS, core);
    long second = ask("live", 2);
    assertThat(round()).isEmpty();
    fx.advance(250 * MS, core);
    assertThat(names(answers().get(second))).containsExactly("live");
  }

  /**
   * The decision part of A17: virtual time passed is 0, the bound of 0.4 s is for the call over the
   * wire.
   */
  @Test
  void givenA17_whenTheOnlyReplicaAsks_thenAnsweredInTheSameTick() {
    start(new Quorum.Policy(1, 100 * MS, 5 * S));
    long request = ask("a", 0);
    assertThat(names(round().get(request))).containsExactly("a");
  }

  @Test
  void givenA27_whenTenThousandReplicasDie_thenTheirBeatsAreForgottenAfterTenTimeouts() {
    start(new Quorum.Policy(1, S, 5 * S));
    for (int i = 0; i < 10_000; i++) {
      core.on(new Asked(new WorkerId(new NodeId("n"), i), ++requests, 0, false, 0), fx);
    }
    assertThat(round()).hasSize(10_000);
    assertThat(core.state().beats()).hasSize(10_000);
    assertThat(core.state().participants()).isEmpty();
    fx.advance(49 * S, core);
    assertThat(core.state().beats()).hasSize(10_000);
    fx.advance(10 * S, core);
    assertThat(core.state().beats()).isEmpty();
    assertThat(fx.hasTimers()).as("nothing left to do").isFalse();
  }

  @Test
  void givenSeveralCallersOfAReplica_whenItsRequestFails_thenEachIsTold() {
    start(new Quorum.Policy(2, S, 5 * S));
    ask("a", 0);
    ask("a", 0);
    core.on(new QuorumCore.Failed(id("a"), "local rank 1 broke"), fx);
    assertThat(answers())
        .hasSize(2)
        .allSatisfy((id, reply) -> assertThat(reply).isEqualTo(new Refused("local rank 1 broke")));
    assertThat(core.state().participants()).isEmpty();
  }

  @Test
  void givenCallersOfSeveralReplicas_whenTheMasterStepsDown_thenAllAreTold() {
    start(new Quorum.Policy(9, S, 5 * S));
    ask("a", 0);
    ask("b", 0);
    core.on(new QuorumCore.Aborted("master steps down"), fx);
    assertThat(answers())
        .hasSize(2)
        .allSatisfy((id, reply) -> assertThat(reply).isInstanceOf(Refused.class));
  }

  @Test
  void givenNoQuorum_whenARequestExpires_thenItsCallersAreToldWhy() {
    start(new Quorum.Policy(2, S, 500 * S));
    ask("a", 0);
    fx.advance(60 * S, core);
    assertThat(answers().get(1L))
        .isInstanceOfSatisfying(
            Refused.class,
            refused ->
                assertThat(refused.reason())
                    .contains("no quorum in time", "minReplicas=2 candidates=1"));
  }

  /**
   * Safety over random histories: generations only grow, and two quorums with the same generation
   * have the same members.
   */
  @Test
  void givenRandomHistories_whenFollowed_thenAGenerationHasOneMembership() {
    for (long seed = 0; seed < 200; seed++) {
      var random = new Random(seed);
      start(new Quorum.Policy(1 + random.nextInt(3), random.nextInt(3) * S, 2 * S));
      var memberships = new LinkedHashMap<Long, List<String>>();
      var open = new TreeSet<Long>();
      long newest = 0;
      for (int event = 0; event < 120; event++) {
        String who = "r" + random.nextInt(5);
        switch (random.nextInt(6)) {
          case 0 -> fx.advance(random.nextInt(2_000) * MS, core);
          case 1 -> core.on(new Beat(id(who)), fx);
          case 2 -> core.on(new QuorumCore.Failed(id(who), "fault"), fx);
          default -> open.add(ask(who, event, random.nextInt(8) == 0, random.nextInt(12) / 11));
        }
        for (var answer : answers().entrySet()) {
          assertThat(open.remove(answer.getKey())).as("answered once, seed=" + seed).isTrue();
          if (answer.getValue() instanceof Joined joined) {
            long number = joined.generation().number();
            assertThat(number).as("seed=" + seed).isGreaterThanOrEqualTo(newest);
            newest = number;
            assertThat(memberships.computeIfAbsent(number, n -> names(joined)))
                .as("seed=" + seed)
                .isEqualTo(names(joined));
          }
        }
      }
      fx.advance(120 * S, core);
      open.removeAll(answers().keySet());
      assertThat(open).as("unanswered, seed=" + seed).isEmpty();
    }
  }

  private void start(Quorum.Policy policy) {
    core = new QuorumCore(policy, PACE);
  }

  private long ask(String who, long step) {
    return ask(who, step, false, 0);
  }

  private long ask(String who, long step, boolean shrinkOnly, long commitFailures) {
    core.on(new Asked(id(who), ++requests, step, shrinkOnly, commitFailures), fx);
    return requests;
  }

  /** Lets the pending tick run and returns the answers. */
  private Map<Long, Reply> round() {
    fx.advance(0, core);
    return answers();
  }

  private Map<Long, Reply> answers() {
    var answers = new LinkedHashMap<Long, Reply>();
    fx.take(Answer.class).forEach(answer -> answers.put(answer.requestId(), answer.reply()));
    return answers;
  }

  private static List<String> names(Reply reply) {
    assertThat(reply).isInstanceOf(Joined.class);
    return ((Joined) reply)
        .members().stream().map(Participant::id).map(id -> id.node().name()).toList();
  }

  private static WorkerId id(String name) {
    return new WorkerId(new NodeId(name), 0);
  }
}
