package dev.muster.master.rendezvous;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.master.rendezvous.Rendezvous.Decision;
import dev.muster.master.rendezvous.Rendezvous.Policy;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The rule alone, tabulated. Scenarios that need several rounds are in {@link RendezvousCoreTest}.
 */
final class RendezvousTest {
  private static final long S = 1_000_000_000L;

  @Test
  void givenA29_whenTheMaximumIsReached_thenFormsWithoutLastCall() {
    var policy = Policy.of(2, 4, 30 * S, 600 * S);
    var three = arrivals("a/0@0 b/0@0 c/0@5");
    assertThat(Rendezvous.decide(three, policy, 5 * S))
        .isInstanceOfSatisfying(
            Decision.Wait.class, wait -> assertThat(wait.recheckAfterNs()).isEqualTo(25 * S));
    assertForm(Rendezvous.decide(three.with(id("d/0"), 10 * S), policy, 10 * S), "a/0 b/0 c/0 d/0");
  }

  @Test
  void givenTheMinimum_whenLastCallIsOver_thenFormsWithWhoIsThere() {
    var policy = Policy.of(2, 4, 30 * S, 600 * S);
    var three = arrivals("a/0@0 b/0@3 c/0@5");
    assertThat(Rendezvous.decide(three, policy, 33 * S - 1)).isInstanceOf(Decision.Wait.class);
    assertForm(Rendezvous.decide(three, policy, 33 * S), "a/0 b/0 c/0");
  }

  @Test
  void givenA42_whenOneSurvivorIsBelowTheMinimumForTheLimit_thenGivesUpWithThatReason() {
    var policy = Policy.of(2, 4, 30 * S, S);
    var one = arrivals("a/0@0");
    assertThat(Rendezvous.decide(one, policy, S - 1))
        .isInstanceOfSatisfying(
            Decision.Wait.class, wait -> assertThat(wait.recheckAfterNs()).isEqualTo(1));
    assertThat(Rendezvous.decide(one, policy, S))
        .isInstanceOfSatisfying(
            Decision.GiveUp.class,
            end -> assertThat(end.reason()).contains("below minimum: minWorkers=2 usable=1"));
  }

  @Test
  void givenA44_whenSurvivorsComeBackWithANewcomer_thenTheyKeepTheirOrderAndItIsLast() {
    var policy = Policy.of(3, 3, 0, S);
    var back = arrivalsAfter("h.a/0 h.b/0 h.c/0", "h.0new/0@0 h.c/0@1 h.b/0@2");
    assertForm(Rendezvous.decide(back, policy, 2 * S), "h.b/0 h.c/0 h.0new/0");
  }

  @Test
  void givenA46_whenANodeFailed_thenItsWorkersCountOnlyAfterTheCooldown() {
    var cooldown = Cooldown.none(new Cooldown.Policy(S, 2 * S));
    var policy = Policy.of(2, 2, 0, 60 * S);
    for (long seed = 0; seed < 200; seed++) {
      long draw = new Random(seed).nextLong();
      var once = cooldown.failed(new NodeId("b"), 0, draw);
      var back = once.applyTo(arrivals("a/0@0 b/0@0"));
      assertThat(Rendezvous.decide(back, policy, S - 1))
          .as("seed=" + seed)
          .isInstanceOf(Decision.Wait.class);
      assertForm(Rendezvous.decide(back, policy, 2 * S), "a/0 b/0");
      var twice = once.failed(new NodeId("b"), 0, draw);
      assertThat(twice.entries().get(new NodeId("b")).waitNs()).as("seed=" + seed).isEqualTo(2 * S);
    }
  }

  @Test
  void givenA46WithAHighCap_whenFailuresRepeat_thenTheWaitAtLeastDoublesUpToTheCap() {
    var cooldown = Cooldown.none(new Cooldown.Policy(S, 3_600 * S));
    long formerNs = 0;
    for (int failure = 0; failure < 80; failure++) {
      cooldown = cooldown.failed(new NodeId("b"), 0, new Random(failure).nextLong());
      long waitNs = cooldown.entries().get(new NodeId("b")).waitNs();
      assertThat(waitNs)
          .as("failure=" + failure)
          .isBetween(Math.min(2 * formerNs, 3_600 * S), 3_600 * S);
      formerNs = waitNs;
    }
    assertThat(formerNs).isEqualTo(3_600 * S);
  }

  @Test
  void givenACoolingNode_whenWaiting_thenTheNextLookIsWhenItCountsAgain() {
    var cooling = arrivals("a/0@0 b/0@0").excluding(new NodeId("b"), 7 * S);
    assertThat(Rendezvous.decide(cooling, Policy.of(2, 2, 0, 60 * S), 3 * S))
        .isInstanceOfSatisfying(
            Decision.Wait.class,
            wait -> {
              assertThat(wait.recheckAfterNs()).isEqualTo(4 * S);
              assertThat(wait.reason()).contains("excluded=1");
            });
  }

  @Test
  void givenA47_whenEightNodesComeForSix_thenRanks0To47AreActiveAnd48To63StandBy() {
    var all = nodes(8, 8);
    List<WorkerId> group = formed(Rendezvous.decide(all, Policy.of(48, 48, S, 60 * S), 0));
    List<WorkerId> standby = Rendezvous.standby(all, group);
    assertThat(group).hasSize(48).allMatch(worker -> worker.node().name().compareTo("n6") < 0);
    assertThat(standby).hasSize(16).allMatch(worker -> worker.node().name().compareTo("n6") >= 0);
  }

  @Test
  void givenA49_whenADomainOfThreeMeetsSegmentsOfFour_thenAllThreeStandBy() {
    var mixed = withDomain(withDomain(arrivals("z/0@0").without(id("z/0")), "d0", 4), "d1", 3);
    List<WorkerId> group = formed(Rendezvous.decide(mixed, new Policy(4, 8, 0, 60 * S, 0, 4), 0));
    assertThat(group).allMatch(worker -> worker.node().name().equals("d0")).hasSize(4);
    assertThat(Rendezvous.standby(mixed, group))
        .hasSize(3)
        .allMatch(worker -> worker.node().name().equals("d1"));
  }

  @Test
  void givenDomainsOfEightAndFour_whenEightAreNeededInSegments_thenTheDomainOfEightSuppliesThem() {
    for (String large : List.of("d0", "d2")) {
      var mixed = withDomain(withDomain(Arrivals.open(0, List.of()), "d1", 4), large, 8);
      List<WorkerId> group = formed(Rendezvous.decide(mixed, new Policy(8, 8, 0, 60 * S, 0, 4), 0));
      assertThat(group).hasSize(8).allMatch(worker -> worker.node().name().equals(large));
    }
  }

  @Test
  void givenOnlyPartsOfSegments_whenDecided_thenTheyDoNotReachTheMinimum() {
    var parts = withDomain(withDomain(Arrivals.open(0, List.of()), "d0", 3), "d1", 3);
    assertThat(Rendezvous.decide(parts, new Policy(4, 8, 0, 60 * S, 0, 4), 0).reason())
        .contains("usable=0 present=6");
  }

  @Test
  void givenA56_whenAllButOneReturn_thenWaitsForTheGateOrTheMissingOne() {
    var policy = new Policy(2, 4, S, 600 * S, 15 * S, 1);
    var returned =
        Arrivals.open(100 * S, ids("a/0 b/0 c/0"))
            .with(id("a/0"), 100 * S)
            .with(id("c/0"), 100 * S);
    assertThat(Rendezvous.decide(returned, policy, 100 * S))
        .isInstanceOfSatisfying(
            Decision.Wait.class, wait -> assertThat(wait.recheckAfterNs()).isEqualTo(15 * S));
    assertThat(Rendezvous.decide(returned, policy, 115 * S - 1)).isInstanceOf(Decision.Wait.class);
    assertForm(Rendezvous.decide(returned, policy, 115 * S), "a/0 c/0");
    assertForm(
        Rendezvous.decide(returned.with(id("b/0"), 104 * S), policy, 104 * S), "a/0 b/0 c/0");
  }

  @Test
  void givenNewcomersThatFillTheGroup_whenAFormerMemberIsMissing_thenTheGateStillHolds() {
    var policy = new Policy(2, 2, 0, 600 * S, 15 * S, 1);
    var strangers = arrivalsAfter("a/0 b/0", "x/0@0 a/0@1 y/0@1");
    assertThat(Rendezvous.decide(strangers, policy, 2 * S)).isInstanceOf(Decision.Wait.class);
    assertForm(Rendezvous.decide(strangers.with(id("b/0"), 3 * S), policy, 3 * S), "a/0 b/0");
  }

  @Test
  void givenDepartures_whenTheyMoveTheLastCall_thenNeverBeyondTheLimitOfWaiting() {
    var policy = Policy.of(2, 4, 30 * S, 40 * S);
    var late = arrivals("a/0@0 c/0@35");
    assertThat(Rendezvous.decide(late, policy, 36 * S))
        .isInstanceOfSatisfying(
            Decision.Wait.class, wait -> assertThat(wait.recheckAfterNs()).isEqualTo(4 * S));
    assertForm(Rendezvous.decide(late, policy, 40 * S), "a/0 c/0");
  }

  @Test
  void givenASecondArrival_whenDecided_thenNothingChanges() {
    var once = arrivals("a/0@0");
    assertThat(once.with(id("a/0"), 9 * S)).isSameAs(once);
  }

  @Test
  void givenImpossiblePolicies_whenBuilt_thenRefused() {
    assertThatThrownBy(() -> Policy.of(3, 2, 0, 0))
        .hasMessageContaining("minWorkers=3 maxWorkers=2");
    assertThatThrownBy(() -> new Policy(6, 7, 0, 0, 0, 4)).hasMessageContaining("segment=4");
  }

  /**
   * Following the rechecks always ends, in a group within bounds or in giving up, and the group
   * never repeats a worker.
   */
  @Test
  void givenRandomArrivals_whenRechecksAreFollowed_thenEndsWithinTheLimits() {
    for (long seed = 0; seed < 3_000; seed++) {
      var random = new Random(seed);
      int segment = 1 + random.nextInt(3);
      int max = segment * (1 + random.nextInt(4));
      var policy =
          new Policy(
              1 + random.nextInt(max),
              max,
              random.nextInt(9),
              random.nextInt(30),
              random.nextInt(9),
              segment);
      var arrivals = randomArrivals(random);
      long nowNs = 10;
      Decision decision = Rendezvous.decide(arrivals, policy, nowNs);
      while (decision instanceof Decision.Wait(long afterNs, String reason)) {
        assertThat(afterNs).as("seed=" + seed + " " + reason).isBetween(1L, 100L);
        nowNs += afterNs;
        decision = Rendezvous.decide(arrivals, policy, nowNs);
      }
      if (decision instanceof Decision.Form(List<WorkerId> group, String reason)) {
        String replay = "seed=" + seed + " " + reason;
        assertThat(group.size()).as(replay).isBetween(policy.minWorkers(), policy.maxWorkers());
        assertThat(group.size() % segment).as(replay).isZero();
        assertThat(new HashSet<>(group)).as(replay).hasSameSizeAs(group);
      }
      assertThat(nowNs).as("seed=" + seed).isLessThanOrEqualTo(10L + 9 + 30 + 9 + 20);
    }
  }

  private static Arrivals randomArrivals(Random random) {
    var previous = new ArrayList<WorkerId>();
    var arrivals = Arrivals.open(0, List.of());
    for (int i = 0; i < random.nextInt(14); i++) {
      var worker = new WorkerId(new NodeId("n" + random.nextInt(4)), i);
      if (random.nextBoolean()) {
        previous.add(worker);
      }
      if (random.nextInt(5) > 0) {
        arrivals = arrivals.with(worker, random.nextInt(10));
      }
    }
    arrivals = new Arrivals(0, previous, arrivals.present(), arrivals.excluded(), "");
    return arrivals.excluding(new NodeId("n0"), random.nextInt(30));
  }

  private static Arrivals withDomain(Arrivals arrivals, String node, int count) {
    for (int i = 0; i < count; i++) {
      arrivals = arrivals.with(new WorkerId(new NodeId(node), i), 0);
    }
    return arrivals;
  }

  private static Arrivals nodes(int nodes, int slots) {
    var arrivals = Arrivals.open(0, List.of());
    for (int node = 0; node < nodes; node++) {
      arrivals = withDomain(arrivals, "n" + node, slots);
    }
    return arrivals;
  }

  /** {@code worker@seconds}, separated by blanks. */
  private static Arrivals arrivals(String text) {
    return arrivalsAfter("", text);
  }

  private static Arrivals arrivalsAfter(String previous, String text) {
    var arrivals = Arrivals.open(0, previous.isEmpty() ? List.of() : ids(previous));
    for (String entry : text.split(" ")) {
      String[] parts = entry.split("@");
      arrivals = arrivals.with(id(parts[0]), Long.parseLong(parts[1]) * S);
    }
    return arrivals;
  }

  private static void assertForm(Decision decision, String expected) {
    assertThat(formed(decision)).isEqualTo(ids(expected));
  }

  private static List<WorkerId> formed(Decision decision) {
    assertThat(decision).as(decision.reason()).isInstanceOf(Decision.Form.class);
    return ((Decision.Form) decision).workers();
  }

  private static List<WorkerId> ids(String text) {
    return Arrays.stream(text.split(" ")).map(WorkerId::parse).toList();
  }

  private static WorkerId id(String text) {
    return WorkerId.parse(text);
  }
}
