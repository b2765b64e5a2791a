package dev.muster.simulator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.core.CounterRandom;
import org.junit.jupiter.api.Test;

/** Steps and modelled checkpoints as a function of time. */
class PaceTest {
  @Test
  void givenRandomPaces_whenComputed_thenTheyEqualACountStepByStep() {
    for (long seed = 1; seed <= 300; seed++) {
      long stepNs = 1 + draw(seed, 0, 9);
      long interval = draw(seed, 1, 6);
      long stallNs = draw(seed, 2, 12);
      long start = draw(seed, 3, 30);
      var pace = new Pace(start, stepNs, interval, stallNs);
      var counted = new Counted(start, -1, 0, 0, stepNs);
      for (long ns = 0; ns <= 300; ns++) {
        String where = "seed=" + seed + " " + pace + " ns=" + ns;
        assertThat(pace.committed(ns)).as(where).isEqualTo(counted.step);
        assertThat(pace.durable(ns)).as(where).isEqualTo(counted.durable);
        assertThat(pace.stalledNs(ns)).as(where).isEqualTo(counted.stalledNs);
        if (counted.leftNs == stepNs
            && counted.stallLeftNs == 0
            && counted.durable != counted.step) {
          assertThat(pace.untilNs(counted.step)).as(where).isEqualTo(ns);
        }
        counted = counted.tick(interval, stallNs, stepNs);
      }
    }
  }

  @Test
  void givenNoCheckpoints_whenComputed_thenStepsFollowEachOther() {
    var pace = CheckpointModel.NONE.pace(7, 10);
    assertThat(pace.committed(99)).isEqualTo(16);
    assertThat(pace.durable(99)).isEqualTo(-1);
    assertThat(pace.stalledNs(99)).isZero();
    assertThat(pace.untilNs(17)).isEqualTo(100);
  }

  @Test
  void givenOtherIntervalsAtSaves_whenComputed_thenTheyEqualACountStepByStep() {
    for (long seed = 1; seed <= 300; seed++) {
      long stepNs = 1 + draw(seed, 0, 9);
      long interval = 1 + draw(seed, 1, 6);
      long stallNs = draw(seed, 2, 12);
      var course = new Course(new Pace(draw(seed, 3, 30), stepNs, interval, stallNs));
      var counted = new Counted(course.startStep(), -1, 0, 0, stepNs);
      for (long ns = 0; ns <= 300; ns++) {
        String where = "seed=" + seed + " ns=" + ns;
        boolean saves = counted.leftNs == stepNs && counted.stallLeftNs == stallNs;
        boolean due = saves && counted.step > course.startStep() && counted.step % interval == 0;
        if (due && course.untilNs(counted.step) == ns && draw(seed, 4 + ns, 2) == 0) {
          interval = 1 + draw(seed, 1_000 + ns, 6);
          course.interval(counted.step, interval);
          assertThat(course.intervalSteps()).as(where).isEqualTo(interval);
        }
        assertThat(course.committed(ns)).as(where).isEqualTo(counted.step);
        assertThat(course.durable(ns)).as(where).isEqualTo(counted.durable);
        assertThat(course.stalledNs(ns)).as(where).isEqualTo(counted.stalledNs);
        counted = counted.tick(interval, stallNs, stepNs);
      }
    }
  }

  private static long draw(long seed, long index, int bound) {
    return Math.floorMod(CounterRandom.mix(seed, "pace", 0, index), bound);
  }

  /** One nanosecond at a time: the oracle. */
  private record Counted(long step, long durable, long stalledNs, long stallLeftNs, long leftNs) {
    Counted tick(long interval, long stallNs, long stepNs) {
      if (stallLeftNs > 1) {
        return new Counted(step, durable, stalledNs + 1, stallLeftNs - 1, leftNs);
      }
      if (stallLeftNs == 1) {
        return new Counted(step, step, stalledNs + 1, 0, leftNs);
      }
      if (leftNs > 1) {
        return new Counted(step, durable, stalledNs, 0, leftNs - 1);
      }
      boolean saves = interval > 0 && (step + 1) % interval == 0;
      long saved = saves && stallNs == 0 ? step + 1 : durable;
      return new Counted(step + 1, saved, stalledNs, saves ? stallNs : 0, stepNs);
    }
  }
}
