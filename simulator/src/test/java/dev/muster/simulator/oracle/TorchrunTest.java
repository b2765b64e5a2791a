package dev.muster.simulator.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.health.NodeHealth;
import dev.muster.master.health.NodeState;
import dev.muster.master.rendezvous.Cooldown;
import dev.muster.master.rendezvous.Rendezvous;
import dev.muster.master.rendezvous.RendezvousCore;
import dev.muster.master.rendezvous.RendezvousCore.Answer;
import dev.muster.master.rendezvous.RendezvousCore.Arrived;
import dev.muster.master.rendezvous.RendezvousCore.Lost;
import dev.muster.master.rendezvous.RendezvousCore.Placed;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.CounterRandom;
import dev.muster.protocol.core.Effects;
import dev.muster.simulator.Host;
import dev.muster.simulator.Hosts;
import dev.muster.simulator.World;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * torchrun with two agents of which one is enough, played with the production detector and the
 * production rendezvous: keep-alive of 5 s, three of them missed, polled every second, a last call
 * of 30 s. Muster's own groups give no last call after the first, so no drill takes that long.
 */
class TorchrunTest {
  private static final long SECOND = 1_000_000_000L;
  private static final WorkerId STAYS = new WorkerId(new NodeId("n0"), 0);
  private static final WorkerId DIES = new WorkerId(new NodeId("n1"), 0);

  /** 44 s were measured of the original, without its start. */
  @Test
  void givenANodeIsLost_whenPlayed_thenTheProtocolTakesAsLong() {
    var seconds =
        LongStream.rangeClosed(1, 1000).mapToObj(seed -> new Loss(seed).seconds()).toList();
    assertThat(seconds).allSatisfy(s -> assertThat(s).isBetween(40.0, 46.0));
    assertThat(seconds.stream().mapToDouble(s -> s).average().orElseThrow())
        .isBetween(42.8, 43.2); // 15 - 5/2 + 1/2 + 30
    assertThat(seconds).anyMatch(s -> s < 41).anyMatch(s -> s > 45);
  }

  private static final class Loss {
    private final World world;
    private final NodeHealth health =
        new NodeHealth(new NodeHealth.Policy(15 * SECOND, 15 * SECOND, 15 * SECOND, 0));
    private final Host<RendezvousCore.Event> rendezvous;
    private final long diesNs;
    private final long beatsFromNs;
    private long formedNs;

    Loss(long seed) {
      world = new World(seed);
      beatsFromNs = at(seed, "beat", 5);
      diesNs = 100 * SECOND + at(seed, "death", 100);
      var core =
          new RendezvousCore(
              Rendezvous.Policy.of(1, 2, 30 * SECOND, 600 * SECOND), new Cooldown.Policy(0, 0), 0);
      rendezvous =
          Hosts.cores(world)
              .<RendezvousCore.Event>host(PeerId.MASTER, core, (from, m) -> null, this::perform);
      world.add(rendezvous);
    }

    private static long at(long seed, String stream, int withinSeconds) {
      return (long)
          (CounterRandom.unit(CounterRandom.mix(seed, stream, 0, 0)) * withinSeconds * SECOND);
    }

    private void perform(Effects.Action action) {
      if (action instanceof Answer(var _, Placed placed) && placed.round() == 2) {
        formedNs = world.nowNs();
      }
    }

    double seconds() {
      rendezvous.on(new Arrived(STAYS, "n0", 1, 1));
      rendezvous.on(new Arrived(DIES, "n1", 2, 1));
      world.after(beatsFromNs, this::beat);
      world.after(0, this::poll);
      world.runUntil(() -> formedNs > 0, 1000 * SECOND);
      return (formedNs - diesNs) / 1e9;
    }

    private void beat() {
      if (world.nowNs() < diesNs) {
        health.heard(DIES.node(), world.nowNs());
        world.after(5 * SECOND, this::beat);
      }
    }

    /** The survivor sees it, ends its ranks and comes back for the next round. */
    private void poll() {
      boolean lost =
          health.decide(world.nowNs()).changes().stream()
              .anyMatch(change -> !change.to().equals(java.util.Optional.of(NodeState.UP)));
      if (lost) {
        rendezvous.on(new Lost(DIES, false, "keep-alive"));
        rendezvous.on(new Arrived(STAYS, "n0", 3, 2));
      } else {
        world.after(SECOND, this::poll);
      }
    }
  }
}
