package dev.muster.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The store at which plain commands meet, as an agent keeps it. */
class AgentStoreTest {
  private static final Generation SEVEN = new Generation(7);
  private static final ToAgent.OpenStore OPEN = new ToAgent.OpenStore(SEVEN, 3, List.of());
  private static final String ENDPOINT = "127.0.0.1:4711";

  private final AgentFixture a = new AgentFixture();

  @BeforeEach
  void welcome() {
    a.managed = false;
    a.welcomed();
  }

  private void opened() {
    a.order(OPEN).on(new AgentEvent.StoreOpened(7, ENDPOINT, ""));
  }

  private List<AgentAction.CloseStore> closed() {
    return a.fx.performed(AgentAction.CloseStore.class);
  }

  @Test
  void givenAnOrder_whenItIsOpen_thenTheMasterHearsWhere() {
    opened();
    assertThat(a.fx.performed(AgentAction.OpenStore.class))
        .containsExactly(new AgentAction.OpenStore(7, 3, List.of()));
    assertThat(a.sent(ToMaster.StoreOpened.class))
        .containsExactly(new ToMaster.StoreOpened(AgentFixture.NODE, SEVEN, ENDPOINT, ""));
  }

  @Test
  void givenItCannotBeOpened_whenTold_thenTheMasterHearsWhyAndNothingIsLookedAt() {
    a.order(OPEN).on(new AgentEvent.StoreOpened(7, "", "no port")).advanceMs(15_000);
    assertThat(a.sent(ToMaster.StoreOpened.class))
        .extracting(ToMaster.StoreOpened::problem)
        .containsExactly("no port");
    assertThat(a.fx.performed(AgentAction.LookAtStore.class)).isEmpty();
  }

  @Test
  void givenOrdersAgainAndOlderOnes_whenObeyed_thenNeitherOpensAnother() {
    opened();
    a.order(OPEN);
    a.order(new ToAgent.OpenStore(new Generation(6), 3, List.of()));
    assertThat(a.fx.performed(AgentAction.OpenStore.class)).hasSize(1);
    assertThat(a.sent(ToMaster.Refused.class)).hasSize(1);
    assertThat(closed()).isEmpty();
  }

  @Test
  void givenItsGenerationIsOver_whenOrderedOrOvertaken_thenItIsClosedOnce() {
    opened();
    a.order(new ToAgent.CloseStore(new Generation(6)));
    assertThat(closed()).isEmpty();
    a.order(new ToAgent.CloseStore(SEVEN)).order(new ToAgent.CloseStore(SEVEN));
    assertThat(closed()).containsExactly(new AgentAction.CloseStore(7));
    a.order(new ToAgent.OpenStore(new Generation(8), 3, List.of()));
    a.order(
        new ToAgent.Launch(
            AgentFixture.worker(0), new ToAgent.Place(new Generation(9), 0, 1, 0, 1, 0, 1, 2, "")));
    assertThat(closed()).hasSize(2).last().isEqualTo(new AgentAction.CloseStore(8));
  }

  @Test
  void givenTheLeaseRunsOut_whenNoMasterRenewsIt_thenItIsClosed() {
    opened();
    a.on(new AgentEvent.LinkDown("test")).advanceMs(AgentFixture.LEASE_NS / AgentFixture.MS + 10);
    assertThat(closed()).containsExactly(new AgentAction.CloseStore(7));
  }

  @Test
  void givenSomeRanksCame_whenPatienceEnds_thenTheMasterHearsEverMoreRarelyUntilAllCame() {
    opened();
    a.advanceMs(10_000);
    assertThat(a.fx.performed(AgentAction.LookAtStore.class)).hasSize(1);
    look(0, List.of(), Map.of());
    assertThat(a.sent(ToMaster.RanksMissing.class)).as("no user of c10d").isEmpty();
    a.clear().on(new AgentEvent.LinkUp()).welcomed().advanceMs(10_000);
    look(2, List.of(1), new TreeMap<>(Map.of("a", 1, "b", 2, "c", 1, "d", 1)));
    assertThat(a.sent(ToMaster.RanksMissing.class))
        .containsExactly(
            new ToMaster.RanksMissing(
                AgentFixture.NODE,
                SEVEN,
                2,
                List.of(1),
                "1 for a, 2 for b, 1 for c and 1 other keys",
                20_000 * AgentFixture.MS));
    a.clear().welcomed().advanceMs(10_000);
    assertThat(a.fx.performed(AgentAction.LookAtStore.class)).isEmpty();
    a.welcomed().advanceMs(10_000);
    assertThat(a.fx.performed(AgentAction.LookAtStore.class)).hasSize(1);
    look(3, List.of(), Map.of());
    a.clear().welcomed().advanceMs(14_000);
    assertThat(a.fx.performed(AgentAction.LookAtStore.class)).isEmpty();
  }

  private void look(int joined, List<Integer> missing, Map<String, Integer> waiting) {
    a.on(new AgentEvent.StoreLooked(7, joined, missing, waiting));
  }
}
