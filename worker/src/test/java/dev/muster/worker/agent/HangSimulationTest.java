package dev.muster.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.protocol.core.CounterRandom;
import dev.muster.protocol.local.ControlPage.Phase;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Four ranks in lock step with random step times on a machine that gives each a random share of a
 * CPU; ten minutes of virtual time per seed. Everything is a function of the seed in the test's
 * name.
 */
class HangSimulationTest {
  private static final long MS = 1_000_000L;
  private static final long TICK_NS = 5 * MS;
  private static final int RANKS = 4;

  /** One rank: needs CPU time per step, then waits for the others. */
  private static final class Rank {
    final int number;
    long neededNs;
    long arrivals;
    long applied;
    long progress;
    long starvedNs;
    long startedNs;
    long durationNs;
    boolean waiting;
    boolean frozen;

    Rank(int number) {
      this.number = number;
    }
  }

  private final AgentFixture a = new AgentFixture();
  private final List<Rank> ranks = new ArrayList<>();
  private long seed;
  private long draws;

  @ParameterizedTest(name = "seed={0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void givenMachineLoadedFourTimes_whenNobodyHangs_thenNoVerdict(long seed) {
    begin(seed);
    run(60_000, 1); // learns quick steps, then the load comes
    run(540_000, 4);
    assertThat(a.sent(ToMaster.WorkerHung.class)).as("seed=%d", seed).isEmpty();
    assertThat(ranks.getFirst().applied).as("seed=%d", seed).isGreaterThan(1000);
  }

  @ParameterizedTest(name = "seed={0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void givenOneIsFrozenAnywhereInItsStep_whenTheBoundPasses_thenOnlyItIsNamedInTime(long seed) {
    begin(seed);
    run(60_000 + draw(500), 1);
    Rank frozen = ranks.get((int) draw(RANKS));
    frozen.frozen = true;
    run(2_000 + 600, 1); // floor, two looks, a tick
    assertThat(a.sent(ToMaster.WorkerHung.class))
        .as("seed=%d frozen=%d", seed, frozen.number)
        .extracting(h -> h.worker().number())
        .containsExactly(frozen.number);
  }

  private void begin(long ofSeed) {
    seed = ofSeed;
    a.welcomed().ready(RANKS).running(RANKS);
    for (int r = 0; r < RANKS; r++) {
      ranks.add(new Rank(r));
    }
    ranks.forEach(r -> r.neededNs = stepNs());
  }

  private long draw(long below) {
    return Math.floorMod(CounterRandom.mix(seed, "hang", 0, draws++), below);
  }

  /** 20 to 60 ms, now and then ten times that. */
  private long stepNs() {
    return (20 + draw(40)) * (draw(50) == 0 ? 10 : 1) * MS;
  }

  private void run(long ms, int load) {
    for (long t = 0; t < ms * MS; t += TICK_NS) {
      ranks.forEach(r -> tick(r, load));
      release();
      publish();
      a.fx.advance(TICK_NS, a.agent);
      a.answerLooks();
      keepLease();
    }
    assertThat(a.fx.performed(AgentAction.RevokeGroup.class))
        .as("the group is still watched")
        .isEmpty();
  }

  private void keepLease() {
    var beats = a.sent(ToMaster.Beat.class);
    if (!beats.isEmpty()) {
      long sequence = beats.getLast().nodes().getFirst().sequence();
      var reports = a.sent(ToMaster.WorkerHung.class);
      a.clear();
      a.fx.sent.addAll(reports);
      a.order(new ToAgent.Lease(sequence, new Generation(1)));
    }
  }

  private void tick(Rank r, int load) {
    if (r.frozen || r.waiting) {
      return;
    }
    if (draw(load) != 0) {
      r.starvedNs += TICK_NS;
      return;
    }
    r.neededNs -= TICK_NS;
    if (r.neededNs <= 0) {
      r.waiting = true;
      r.arrivals++;
      r.progress++;
    }
  }

  /** All arrived: each that is not frozen steps on. */
  private void release() {
    long lowest = ranks.stream().mapToLong(r -> r.arrivals).min().orElseThrow();
    for (Rank r : ranks) {
      if (r.waiting && !r.frozen && r.arrivals == lowest) {
        r.waiting = false;
        r.applied++;
        r.progress++;
        r.durationNs = a.fx.nowNs() - r.startedNs;
        r.startedNs = a.fx.nowNs();
        r.neededNs = stepNs();
      }
    }
  }

  private void publish() {
    a.readings.clear();
    a.arrivals = ranks.stream().map(r -> r.arrivals).toList();
    for (Rank r : ranks) {
      a.readings.add(
          new Reading(
              AgentFixture.worker(r.number),
              1,
              r.applied,
              r.applied + 1,
              r.waiting ? Phase.WAITING : Phase.COMPUTING,
              r.progress,
              1,
              1,
              r.durationNs,
              r.starvedNs,
              r.frozen));
    }
  }
}
