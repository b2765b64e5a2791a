package dev.muster.simulator.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.master.checkpoint.Survival;
import dev.muster.simulator.cluster.ClusterListener;
import dev.muster.simulator.drill.DrillReader;
import dev.muster.simulator.drill.DrillRun;
import dev.muster.simulator.drill.HostKind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Eight hosts with a shard each and one copy of it at a peer: after some of them restart at once,
 * training goes on from memory as often as the exact formula says.
 */
class SurvivalDrillTest {
  private static final int HOSTS = 8;
  private static final int COPIES = 2;
  private static final int SEEDS = 100;
  private static final long STRUCK_NS = 37_000_000_000L;
  private static final double SIGMAS = 3;

  private static final String DRILL =
      """
      horizon = 50s, fleet { nodes = 8, slots = 2, nodes-per-rack = 1, racks-per-power = 1 }
      job {
        workers = 8, min-workers = 8, spares = 0, step = 200ms
        checkpoint { memory-every = 5, sharded = true, copies = 2, copy = 10s, bytes-per-rank = 16MiB }
      }
      policy.a { lease = 5s, beat = 500ms }
      faults = [{ do = reboot, at = 37s, for = 2s, pick.nodes = %d }]
      """;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void givenCopiesAtPeers_whenHostsAreLost_thenTheStateSurvivesAsOftenAsTheFormulaSays(int lost) {
    int survived = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      survived += survives(lost, seed) ? 1 : 0;
    }
    double expected = Survival.of(HOSTS, COPIES, lost).probability();
    double sigma = Math.sqrt(expected * (1 - expected) / SEEDS);
    assertThat((double) survived / SEEDS).isCloseTo(expected, within(SIGMAS * sigma + 1e-9));
  }

  private static boolean survives(int lost, long seed) {
    var next = new NextStart();
    var outcome =
        DrillRun.play(DrillReader.parse(DRILL.formatted(lost)), seed, HostKind.CORE, next);
    assertThat(outcome.violations()).isEmpty();
    assertThat(next.step).as("nothing trained: seed=%d", seed).isNotNegative();
    return next.step > 0;
  }

  private static final class NextStart implements ClusterListener {
    private long step = -1;

    @Override
    public void trains(long nowNs, long generation, long startStep) {
      if (nowNs > STRUCK_NS && step < 0) {
        step = startStep;
      }
    }
  }
}
