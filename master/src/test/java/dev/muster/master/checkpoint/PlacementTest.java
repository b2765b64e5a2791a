package dev.muster.master.checkpoint;

import static dev.muster.master.checkpoint.Sites.plain;
import static dev.muster.master.checkpoint.Sites.racks;
import static dev.muster.master.checkpoint.Sites.site;
import static dev.muster.master.checkpoint.Sites.with;
import static dev.muster.master.checkpoint.Sites.without;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.protocol.NodeId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PlacementTest {
  private static final List<String> NO_LAYERS = List.of();
  private static final List<String> POWER_AND_RACK = List.of("power", "rack");

  @Test
  void givenAnyWorldAndCopies_whenPlaced_thenShapeIsGeminisAndEachNodeStoresAsMuchAsItOwns() {
    for (int nodes = 1; nodes <= 40; nodes++) {
      for (int copies = 1; copies <= 5; copies++) {
        var placement = Placement.start(new Placement.Policy(copies, NO_LAYERS), plain(nodes));
        requireShape(placement, nodes, copies);
        assertThat(placement.next(plain(nodes)).holders()).isEqualTo(placement.holders());
      }
    }
  }

  @Test
  void givenEightNodesInFourRacksAndTwoFeeds_whenPlaced_thenNoPairSharesAnything() {
    var placement = start(2, racks(8, 2, 4));
    assertThat(placement.separation()).allMatch(Separation::complete);
    assertThat(placement.reason())
        .isEqualTo("copies=2 groups=4 ring=0; power: all apart; rack: all apart");
  }

  @Test
  void givenARackWithMoreThanHalfTheNodes_whenPlaced_thenItSaysWhyAndSeparatesTheRest() {
    var sites = new ArrayList<Site>();
    for (int n = 0; n < 8; n++) {
      sites.add(site(n, "p0", n < 5 ? "r0" : "r1"));
    }
    var placement = start(2, sites);
    assertThat(placement.reason())
        .isEqualTo(
            "copies=2 groups=4 ring=0; power: apart=0 of 8 atRisk=8, impossible for all: the"
                + " largest domain has nodes=8, at most 4 can be apart; rack: apart=6 of 8"
                + " atRisk=2, impossible for all: the largest domain has nodes=5, at most 4 can be"
                + " apart");
  }

  @Test
  void givenRandomDomains_whenAllApartIsPossible_thenTheFirstPlacementReachesIt() {
    var random = new Random(11);
    int complete = 0;
    for (int round = 0; round < 5000; round++) {
      var sites = Sites.random(1 + random.nextInt(40), 1 + random.nextInt(12), random);
      var policy = new Placement.Policy(1 + random.nextInt(4), List.of("rack"));
      Separation rack = Placement.start(policy, sites).separation().getFirst();
      assertThat(rack.complete())
          .as("round=%d %s %s %s", round, policy, rack, sites)
          .isEqualTo(rack.obstacle().isEmpty());
      complete += rack.complete() ? 1 : 0;
    }
    assertThat(complete).isBetween(1000, 4000);
  }

  /** The claim that something is impossible is checked against all arrangements of small worlds. */
  @Test
  void givenSevenNodesAndTwoCopies_whenSaidToBeImpossible_thenNoArrangementIsApart() {
    var random = new Random(5);
    for (int round = 0; round < 300; round++) {
      var sites = Sites.random(7, 5, random);
      Separation rack =
          Placement.start(new Placement.Policy(2, List.of("rack")), sites).separation().getFirst();
      assertThat(rack.obstacle().isEmpty())
          .as("round=%d %s %s", round, rack, sites)
          .isEqualTo(someOrderIsApart(new ArrayList<>(sites), 0));
    }
  }

  @Test
  void givenALostNode_whenAnotherReplacesIt_thenItTakesItsPlaceAndAllOthersKeepTheirPeers() {
    for (int copies = 2; copies <= 3; copies++) {
      for (int lost = 0; lost < 13; lost++) {
        var sites = plain(13);
        var before = Placement.start(new Placement.Policy(copies, NO_LAYERS), sites);
        var after = before.next(with(without(sites, lost), site(99)));
        var expected = new HashMap<NodeId, List<NodeId>>();
        int number = lost;
        before
            .holders()
            .forEach((owner, holders) ->
                expected.put(
                    replaced(owner, number),
                    holders.stream().map(holder -> replaced(holder, number)).toList()));
        assertThat(after.holders()).isEqualTo(expected);
      }
    }
  }

  @Test
  void givenTwoLostNodes_whenReplacedInAnyOrder_thenEachNewcomerTakesThePlaceOfItsRack() {
    var sites = racks(8, 2, 4);
    var before = start(2, sites);
    var after = before.next(with(without(sites, 0, 7), site(17, "p1", "r3"), site(10, "p0", "r0")));
    assertThat(after.holders().get(new NodeId("n10")).get(1))
        .isEqualTo(before.holders().get(new NodeId("n0")).get(1));
    assertThat(after.separation()).allMatch(Separation::complete);
    assertThat(after.reason()).endsWith("; nodes with other peers: 2 of 6");
  }

  @Test
  void givenANewcomerInThePeersRack_whenReplaced_thenOneOtherGroupIsGivenUpForIt() {
    var sites = racks(8, 2, 4);
    var before = start(2, sites);
    var after = before.next(with(without(sites, 0), site(10, "p1", "r2")));
    assertThat(after.separation()).as(after.reason()).noneMatch(s -> s.apart() < 6);
    sites = racks(12, 2, 4);
    before = start(2, sites);
    after = before.next(with(without(sites, 0), site(10_000, "p2", "r4")));
    assertThat(after.separation()).as(after.reason()).allMatch(Separation::complete);
    assertThat(after.reason()).endsWith("of 11");
  }

  @Test
  void givenRandomLossesAndArrivals_whenPlacedAgain_thenShapeHoldsAndFewPeersChange() {
    var random = new Random(3);
    for (int round = 0; round < 400; round++) {
      int copies = 2 + random.nextInt(3);
      var sites = Sites.random(1 + random.nextInt(40), 1 + random.nextInt(12), random);
      var placement = Placement.start(new Placement.Policy(copies, List.of("rack")), sites);
      for (int change = 0; change < 6; change++) {
        var former = placement;
        sites = changed(sites, 1000 * (change + 1), random);
        placement = placement.next(sites);
        requireShape(placement, sites.size(), copies);
        if (former.copies() == placement.copies()) {
          requireFewMoved(former, placement, sites);
        }
      }
    }
  }

  @Test
  void givenTwelveThousandNodes_whenARackIsReplaced_thenOnlyItsPeersChange() {
    var sites = racks(12_500, 16, 256);
    var before = start(2, sites);
    assertThat(before.separation()).allMatch(Separation::complete);
    var after = new ArrayList<>(sites.subList(16, 12_500));
    for (int n = 0; n < 16; n++) {
      after.add(site(20_000 + n, "p0", "r0"));
    }
    assertThat(before.next(after).reason())
        .isEqualTo(
            "copies=2 groups=6250 ring=0; power: all apart; rack: all apart; nodes with other"
                + " peers: 16 of 12484");
  }

  @Test
  void givenNonsense_whenPlaced_thenItIsRefused() {
    assertThatThrownBy(() -> start(2, List.of())).hasMessageContaining("no nodes");
    assertThatThrownBy(() -> start(2, plain(2))).hasMessageContaining("[power, rack]");
    assertThatThrownBy(() -> start(0, plain(2))).hasMessageContaining("copies=0");
    assertThatThrownBy(() -> start(2, List.of(site(1, "p", "r"), site(1, "p", "r"))))
        .hasMessageContaining("node=n1");
  }

  private static NodeId replaced(NodeId node, int lost) {
    return new NodeId(node.name().equals("n" + lost) ? "n99" : node.name());
  }

  private static Placement start(int copies, List<Site> sites) {
    return Placement.start(new Placement.Policy(copies, POWER_AND_RACK), sites);
  }

  private static void requireShape(Placement placement, int nodes, int copies) {
    int actual = Math.min(copies, nodes);
    int rest = nodes % actual;
    assertThat(placement.copies()).isEqualTo(actual);
    assertThat(placement.groups()).hasSize(nodes / actual - (rest == 0 ? 0 : 1));
    assertThat(placement.groups()).allMatch(group -> group.size() == actual);
    assertThat(placement.ring()).hasSize(rest == 0 ? 0 : actual + rest);
    var held = new HashMap<NodeId, Integer>();
    placement
        .holders()
        .forEach((owner, holders) -> {
          assertThat(holders).hasSize(actual).doesNotHaveDuplicates().startsWith(owner);
          holders.forEach(holder -> held.merge(holder, 1, Integer::sum));
        });
    assertThat(held).hasSize(nodes).allSatisfy((n, count) -> assertThat(count).isEqualTo(actual));
  }

  /** Groups that lost nobody stay, but for one that a ring may need and one per changed group. */
  private static void requireFewMoved(Placement former, Placement next, List<Site> sites) {
    var now = new HashSet<>(sites);
    var groups = new HashSet<>(next.groups());
    long whole = former.groups().stream().filter(now::containsAll).count();
    long kept = former.groups().stream().filter(groups::contains).count();
    long fresh = next.groups().size() - kept + 2;
    assertThat(whole - kept)
        .as("%s -> %s", former.reason(), next.reason())
        .isLessThanOrEqualTo(fresh);
  }

  private static List<Site> changed(List<Site> sites, int firstNumber, Random random) {
    var next = new ArrayList<>(sites);
    next.removeIf(site -> next.size() > 1 && random.nextInt(8) == 0);
    for (int n = random.nextInt(6); n > 0; n--) {
      next.add(site(firstNumber + n, "r" + random.nextInt(10)));
    }
    return next;
  }

  /** Nodes 0-1 and 2-3 are groups, 4-6 the ring. */
  private static boolean someOrderIsApart(List<Site> sites, int from) {
    if (from == sites.size()) {
      return apart(sites, Map.of(0, 1, 2, 3, 4, 5, 5, 6, 6, 4));
    }
    for (int i = from; i < sites.size(); i++) {
      Collections.swap(sites, from, i);
      boolean found = someOrderIsApart(sites, from + 1);
      Collections.swap(sites, from, i);
      if (found) {
        return true;
      }
    }
    return false;
  }

  private static boolean apart(List<Site> sites, Map<Integer, Integer> pairs) {
    Set<Map.Entry<Integer, Integer>> all = pairs.entrySet();
    return all.stream()
        .noneMatch(pair -> sites.get(pair.getKey()).shares(sites.get(pair.getValue()), 0));
  }
}
