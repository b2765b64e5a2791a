package dev.muster.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.ToMaster;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What the world can do to links and clocks. */
class LinkQualityTest {
  private static final PeerId AGENT = PeerId.agent(new NodeId("n0"));
  private final World world = new World(1);
  private final List<Long> arrivals = new ArrayList<>();
  private final Core<Object> recorder = (event, fx) -> arrivals.add(fx.nowNs());

  private Host<Object> host(PeerId id, Core<Object> core) {
    var host = Hosts.cores(world).<Object>host(id, core, (from, message) -> message, action -> {});
    world.add(host);
    return host;
  }

  private void send(int messages) {
    for (int i = 0; i < messages; i++) {
      world.send(AGENT, PeerId.MASTER, new ToMaster.Leaving(new NodeId("n0"), "test"));
    }
    world.runUntil(1_000_000_000_000L);
  }

  @Test
  void givenASlowLink_whenAMessageIsSent_thenItArrivesThatMuchLater() {
    host(PeerId.MASTER, recorder);
    world.impair(AGENT, new LinkQuality(30_000_000, 0));
    send(1);
    assertThat(arrivals)
        .singleElement()
        .satisfies(at -> assertThat(at).isBetween(30_050_000L, 30_250_000L));
  }

  @Test
  void givenALossyLink_whenMessagesAreSent_thenAllArriveInOrderAndSomeAreLate() {
    host(PeerId.MASTER, recorder);
    world.impair(AGENT, new LinkQuality(0, 0.3));
    send(100);
    assertThat(arrivals).hasSize(100).isSorted();
    assertThat(arrivals.getLast()).isGreaterThan(200_000_000L);
  }

  @Test
  void givenALossOf20Percent_whenManyMessagesAreLooked_thenThatShareIsLateByOneTimeoutOrMore() {
    var quality = new LinkQuality(0, 0.2);
    long late = LongStream.range(0, 20_000).filter(i -> quality.lateNs(7, 17, i) > 0).count();
    assertThat(late / 20_000.0).isBetween(0.19, 0.21);
  }

  /** As a client does: it connects anew, and need not wait for the last retransmission. */
  @Test
  void givenALongRowOfLosses_whenNothingIsHeardForTenSeconds_thenThePeerIsSilent_once() {
    var silent = new ArrayList<Long>();
    world.whenSilent(peer -> {
      silent.add(world.nowNs());
      world.relink(peer);
    });
    world.impair(AGENT, new LinkQuality(0, 0.99));
    send(2);
    assertThat(silent).containsExactly(10_000_000_000L);
    assertThat(arrivals).as("they were lost with the link").isEmpty();
  }

  @Test
  void givenOneDirectionCut_whenMessagesAreSent_thenOnlyThatDirectionIsSilent() {
    host(PeerId.MASTER, recorder);
    world.cut(AGENT, World.Direction.IN);
    send(1);
    assertThat(arrivals).hasSize(1);
    world.heal(AGENT);
    world.cut(AGENT, World.Direction.OUT);
    send(1);
    assertThat(arrivals).hasSize(1);
  }

  @Test
  void givenALossOfEverything_whenMade_thenItIsRefused() {
    assertThatThrownBy(() -> new LinkQuality(0, 1)).hasMessageContaining("loss=1");
  }

  @Test
  void givenAFastClock_whenATimerIsSet_thenItFiresEarlyInTheWorld() {
    var firedNs = new ArrayList<Long>();
    Core<Object> core =
        (Object event, Effects<Object> fx) -> {
          if (event.equals("start")) {
            fx.timer("t", 2_000, "due");
          } else {
            firedNs.add(world.nowNs());
            firedNs.add(fx.nowNs());
          }
        };
    var host = host(AGENT, core);
    host.clock(500, 2);
    host.on("start");
    world.runUntil(10_000);
    assertThat(firedNs).containsExactly(1_001L, 2_502L);
    assertThat(host.untilNs(22_500)).isEqualTo(1_001); // the clock reads 20,500 at 10,000
  }

  /** A core that looks at the clock when its timer fires must not find that it is too early. */
  @Test
  void givenAClockOfAnyRate_whenATimerFires_thenItsTimeHasCome() {
    for (double rate : new double[] {0.5, 0.96, 0.97, 1.03, 1.04, 1.7, 2}) {
      var world = new World(1);
      var early = new ArrayList<Long>();
      Core<Object> core =
          (Object event, Effects<Object> fx) -> {
            long dueNs = event instanceof Long due ? due : 0;
            if (fx.nowNs() < dueNs) {
              early.add(dueNs - fx.nowNs());
            } else if (fx.nowNs() < 1_000_000) {
              fx.timer("t", 1 + fx.nowNs() % 977, fx.nowNs() + 1 + fx.nowNs() % 977);
            }
          };
      var host =
          Hosts.cores(world).<Object>host(AGENT, core, (from, message) -> message, action -> {});
      host.clock(0, rate);
      host.on(0L);
      world.runUntil(3_000_000);
      assertThat(early).as("rate=%s", rate).isEmpty();
      assertThat(host.clockNs()).isGreaterThan(1_000_000);
    }
  }
}
