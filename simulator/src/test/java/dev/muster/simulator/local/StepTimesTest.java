package dev.muster.simulator.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.RunState;
import dev.muster.simulator.local.StepTimes.Window;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What is read out of the snapshots of a real run; on a recorded one, and by hand. */
class StepTimesTest {
  private static final long SECOND = 1_000_000_000L;

  private record Recorded(List<Progress> snapshots, List<Long> killsAtMillis) {
    static Recorded read() throws IOException {
      var recorded = new Recorded(new ArrayList<>(), new ArrayList<>());
      try (var in = StepTimesTest.class.getResourceAsStream("warm-and-cold.csv")) {
        new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().forEach(recorded::add);
      }
      return recorded;
    }

    private void add(String line) {
      var fields = line.split(",");
      switch (fields[0]) {
        case "step" ->
            snapshots.add(snapshot(number(fields, 1), number(fields, 2), number(fields, 3)));
        case "kill" -> killsAtMillis.add(number(fields, 1));
        default -> {}
      }
    }

    private static long number(String[] fields, int at) {
      return Long.parseLong(fields[at]);
    }

    List<Long> bounds() {
      var bounds = new ArrayList<>(killsAtMillis);
      bounds.add(snapshots.getLast().updatedEpochMillis());
      return bounds;
    }
  }

  private static Progress snapshot(long atMillis, long step, long generation) {
    return new Progress(
        RunState.RUNNING, "", generation, step, 0, 0, 0, "", 4, 4, 2, 0, atMillis, List.of());
  }

  /** Windows of half a second at this step time. */
  private static List<Window> windows(long fromMillis, int count, long stepMs) {
    return LongStream.range(0, count)
        .map(i -> fromMillis + 500 * i)
        .mapToObj(from -> new Window(from, from + 500, 500 / stepMs))
        .toList();
  }

  private static StepTimes steps(List<Window> first, List<Window> then) {
    var all = new ArrayList<>(first);
    all.addAll(then);
    return new StepTimes(all);
  }

  @Test
  void givenARecordedRun_whenItSettles_thenTheColdStepsAreBehindIt() throws IOException {
    var recorded = Recorded.read();
    var all = recorded.snapshots();
    int settled = 0;
    while (!StepTimes.of(all.subList(0, settled)).settled()) {
      settled++;
    }
    long atMillis = all.get(settled - 1).updatedEpochMillis();
    var last = StepTimes.of(all).between(atMillis - 3500, atMillis);
    assertThat(atMillis).isBetween(8_000L, recorded.killsAtMillis().getFirst());
    assertThat(StepTimes.of(all.subList(0, settled)).first(8).meanMs()).isGreaterThan(100);
    assertThat(last.meanMs()).isBetween(34.0, 46.0);
  }

  @Test
  void givenARecordedRun_whenCalibrated_thenWarmAndColdStepsExplainAllSteps() throws IOException {
    var recorded = Recorded.read();
    var steps = StepTimes.of(recorded.snapshots());
    double warmMs = steps.warmMs(recorded.bounds(), 2000);
    var cold = ColdSteps.of(steps, warmMs, recorded.bounds());
    assertThat(warmMs).isBetween(34.0, 46.0);
    assertThat(cold.stepMs() / warmMs).isBetween(1.2, 2.5);
    assertThat(cold.ms()).isBetween(1500.0, 6000.0);
    long fromMillis = recorded.bounds().getFirst();
    long toMillis = recorded.bounds().getLast();
    double made =
        StepTimes.stepAt(recorded.snapshots(), toMillis)
            - StepTimes.stepAt(recorded.snapshots(), fromMillis);
    double explained =
        (recorded.bounds().size() - 1)
            * (cold.ms() / cold.stepMs() + ((toMillis - fromMillis) / 6.0 - cold.ms()) / warmMs);
    assertThat(explained / made).isCloseTo(1, within(0.1));
  }

  @Test
  void givenSlowStepsAfterADisturbance_whenCalibrated_thenTheirLengthAndTimeAreFound() {
    var steps =
        steps(windows(0, 10, 20), steps(windows(5000, 8, 50), windows(9000, 12, 20)).windows());
    double warmMs = steps.warmMs(List.of(5000L, 15_000L), 2000);
    assertThat(warmMs).isEqualTo(20);
    assertThat(ColdSteps.of(steps, warmMs, List.of(5000L, 15_000L)))
        .isEqualTo(new ColdSteps(4000, 50));
    assertThat(ColdSteps.of(steps, warmMs, List.of(9000L, 15_000L)))
        .isEqualTo(new ColdSteps(0, 20));
    assertThat(ColdSteps.of(steps, warmMs, List.of(5000L, 8000L)))
        .isEqualTo(new ColdSteps(3000, 50));
  }

  @Test
  void givenAPlateauOfColdSteps_whenAsked_thenItHasNotSettledBeforeItsTime() {
    assertThat(new StepTimes(windows(0, 12, 100)).settled()).isFalse();
    assertThat(steps(windows(0, 20, 100), windows(10_000, 3, 20)).settled()).isFalse();
    assertThat(steps(windows(0, 20, 100), windows(10_000, 6, 20)).settled()).isTrue();
  }

  @Test
  void givenFaults_whenCalmWindowsAreAsked_thenNoneIsNearAFault() {
    var calm = new StepTimes(windows(0, 40, 20)).calm(List.of(6000L), 5000).windows();
    assertThat(calm).noneMatch(w -> w.toMillis() > 6000 && w.fromMillis() < 11_000);
    assertThat(calm).hasSize(30);
  }

  @Test
  void givenSnapshots_whenAStepIsAskedBetweenThem_thenItIsInProportion() {
    var snapshots = List.of(snapshot(1000, 10, 1), snapshot(2000, 30, 1), snapshot(3000, 30, 2));
    assertThat(StepTimes.stepAt(snapshots, 1500)).isEqualTo(20);
    assertThat(StepTimes.stepAt(snapshots, 2600)).isEqualTo(30);
    assertThat(StepTimes.stepAt(snapshots, 9000)).isEqualTo(30);
  }

  @Test
  void givenAnyStepTimeOfACalmRun_whenGoodputIsAsked_thenItIsAShare() {
    for (double calmMs : new double[] {Double.NaN, 0, 15, 20, 25, 74, 104}) {
      for (long steps : new long[] {0, 1, 1505, 1801, 3000}) {
        long stepNs = Observed.undisturbedNs(calmMs, steps, 60 * SECOND);
        var observed = new Observed(steps, 0, 1, 60 * SECOND, stepNs, List.of(), List.of());
        assertThat(observed.goodput()).as(calmMs + " " + steps).isBetween(0.0, 1.0);
      }
    }
    assertThat(Observed.undisturbedNs(20, 2400, 60 * SECOND)).isEqualTo(20_000_000);
  }

  @Test
  void givenMoreStepsThanFit_whenObserved_thenItIsRefused() {
    assertThatThrownBy(
            () -> new Observed(1801, 0, 1, 60 * SECOND, 74_000_000, List.of(), List.of()))
        .hasMessageContaining("more steps than fit into the time");
  }
}
