package dev.muster.simulator.shrink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.core.ForwardingEffects;
import dev.muster.protocol.message.Message;
import dev.muster.simulator.Host;
import dev.muster.simulator.Hosts;
import dev.muster.simulator.World;
import dev.muster.simulator.drill.Drill;
import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.HostKind;
import dev.muster.simulator.drill.Outcome;
import dev.muster.simulator.fault.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A planted bug is found, and of many faults only those are left that it needs. */
class ShrinkerTest {
  @TempDir private Path folder;

  private Drill drill(String text) throws IOException {
    return DrillReader.read(Files.writeString(folder.resolve("d.conf"), text).toFile());
  }

  @Test
  void givenAListThatFailsWithTwoElements_whenMinimised_thenTheseTwoAreLeft() {
    var all = IntStream.range(0, 220).boxed().toList();
    var runs = new int[1];
    var left =
        DeltaDebugging.minimal(
            all,
            some -> {
              runs[0]++;
              return some.containsAll(List.of(17, 201));
            });
    assertThat(left).containsExactly(17, 201);
    assertThat(runs[0]).isLessThan(80);
  }

  /** A master whose clock runs four times as fast believes that every lease is over too early. */
  @Test
  void givenAMasterWithAFastClock_whenItBreaksAnInvariant_thenOneFaultIsLeftAndFailsAgain()
      throws IOException {
    var drill =
        drill(
            """
            horizon = 10m, fleet { nodes = 4, slots = 2 }
            job { workers = 1, spares = 2, step = 100ms }
            policy.a { beat = 100ms }
            faults = [
              { do = crash, every = 30s }, { do = reboot, every = 60s }, { do = link-delay, every = 60s, by = 20ms }
              { do = partition, every = 30s, for = 12s }, { do = master-pause, every = 60s, for = 1s }
            ]
            """);
    var failing = find(drill);
    var shrunk =
        new Shrinker(ShrinkerTest::playMutated, outcome -> !outcome.violations().isEmpty())
            .shrink(drill.stoppingAtViolation(), failing.played(), true);
    assertThat(failing.played().faults().size()).isGreaterThan(1);
    assertThat(shrunk.plan().faults()).hasSizeLessThanOrEqualTo(2);
    assertThat(shrunk.drill().horizonNs()).isLessThanOrEqualTo(drill.horizonNs());
    var written = drill(DrillWriter.text(shrunk, "minimal", failing.violations().getFirst()));
    assertThat(playMutated(written, written.plan(shrunk.plan().seed())).violations()).isNotEmpty();
    assertThat(
            DrillRun.replay(written, written.plan(shrunk.plan().seed()), HostKind.CORE)
                .violations())
        .isEmpty();
  }

  private static Outcome find(Drill drill) {
    for (long seed = 1; seed <= 200; seed++) {
      var outcome =
          DrillRun.play(
              drill.stoppingAtViolation(), drill.plan(seed), true, FastMaster::new, false);
      if (!outcome.violations().isEmpty()) {
        return outcome;
      }
    }
    throw new AssertionError("a master with a fast clock breaks nothing in 200 seeds");
  }

  private static Outcome playMutated(Drill drill, Plan plan) {
    return DrillRun.play(drill, plan, false, FastMaster::new, false);
  }

  /** Hosts of a world in which the master is mutated. */
  private record FastMaster(World world, Hosts hosts) implements Hosts {
    FastMaster(World world) {
      this(world, Hosts.cores(world));
    }

    @Override
    public <E> Host<E> host(
        PeerId id,
        Core<E> core,
        BiFunction<PeerId, Message, E> inbound,
        Consumer<Effects.Action> actions) {
      Core<E> hosted =
          id.equals(PeerId.MASTER) ? (event, fx) -> core.on(event, new Fast<>(fx)) : core;
      return hosts.host(id, hosted, inbound, actions);
    }
  }

  private static final class Fast<E> extends ForwardingEffects<E> {
    private static final int TIMES = 4;

    Fast(Effects<E> fx) {
      over(fx);
    }

    @Override
    public long nowNs() {
      return TIMES * super.nowNs();
    }

    @Override
    public void timer(String key, long delayNs, E event) {
      super.timer(key, delayNs / TIMES, event);
    }
  }
}
