package dev.muster.simulator.local;

import dev.muster.protocol.run.Progress;
import java.util.ArrayList;
import java.util.List;

/**
 * How long the steps of a real run took, from the snapshots that its master publishes about twice a
 * second. A new process steps slowly until its code is compiled, and slows down whoever shares the
 * processors with it: a step time says something only together with what happened before.
 *
 * @param windows in order of time; what lies between them made no step that is known of
 */
public record StepTimes(List<Window> windows) {
  /** This close to the time of warm steps is warm; snapshots are some 5 % uncertain. */
  private static final double NEAR = 1.15;

  /** Windows taken together where one of them says too little. */
  static final int TOGETHER = 3;

  /** A JVM's steps are slow, and steadily so, before the compiler's last stage is through. */
  private static final long COLD_MILLIS = 8_000;

  private static final long COLD_STEPS = 150;

  /** Between two snapshots of one generation. */
  public record Window(long fromMillis, long toMillis, long steps) {
    private long millis() {
      return toMillis - fromMillis;
    }

    private double stepMs() {
      return (double) millis() / steps;
    }
  }

  public StepTimes {
    windows = List.copyOf(windows);
  }

  public static StepTimes of(List<Progress> snapshots) {
    var windows = new ArrayList<Window>();
    for (int i = 1; i < snapshots.size(); i++) {
      var before = snapshots.get(i - 1);
      var after = snapshots.get(i);
      if (after.generation() == before.generation()
          && before.step() > 0
          && after.step() > before.step()) {
        windows.add(
            new Window(
                before.updatedEpochMillis(),
                after.updatedEpochMillis(),
                after.step() - before.step()));
      }
    }
    return new StepTimes(windows);
  }

  /** The last committed step at this time, in between snapshots as if all steps were equal. */
  public static double stepAt(List<Progress> snapshots, long atMillis) {
    var before = Progress.NONE;
    for (var after : snapshots) {
      if (after.updatedEpochMillis() >= atMillis) {
        double span = Math.max(1, after.updatedEpochMillis() - before.updatedEpochMillis());
        double share = (atMillis - before.updatedEpochMillis()) / span;
        return before.step() + share * (after.step() - before.step());
      }
      before = after;
    }
    return before.step();
  }

  /** Windows that lie wholly in this time. */
  public StepTimes between(long fromMillis, long toMillis) {
    return new StepTimes(
        windows.stream()
            .filter(w -> w.fromMillis >= fromMillis && w.toMillis <= toMillis)
            .toList());
  }

  /**
   * Windows that nothing disturbed.
   *
   * @param disturbedMillis times of disturbances
   * @param lastMillis how long each of them is felt
   */
  public StepTimes calm(List<Long> disturbedMillis, long lastMillis) {
    return new StepTimes(
        windows.stream()
            .filter(w ->
                disturbedMillis.stream()
                    .noneMatch(at -> at < w.toMillis && at + lastMillis > w.fromMillis))
            .toList());
  }

  /** True when a run that nothing disturbs will hardly step faster than it does now. */
  public boolean settled() {
    int size = windows.size();
    return size >= 2 * TOGETHER
        && windows.getLast().toMillis - windows.getFirst().fromMillis >= COLD_MILLIS
        && windows.stream().mapToLong(Window::steps).sum() >= COLD_STEPS
        && together(size - 2 * TOGETHER).meanMs() <= NEAR * together(size - TOGETHER).meanMs();
  }

  /** True when the windows from this one on are as fast as warm ones. */
  boolean warm(int from, double warmMs) {
    return together(from).meanMs() <= NEAR * warmMs;
  }

  /**
   * An undisturbed step: median over the windows just before each disturbance, ms.
   *
   * @param atMillis of disturbances, and of the end
   * @param justMillis how long before
   */
  public double warmMs(List<Long> atMillis, long justMillis) {
    var before = atMillis.stream().flatMap(at -> between(at - justMillis, at).windows.stream());
    return new StepTimes(before.toList()).medianMs();
  }

  private StepTimes together(int from) {
    return new StepTimes(windows.subList(from, from + TOGETHER));
  }

  StepTimes first(int count) {
    return new StepTimes(windows.subList(0, count));
  }

  /** Median of the windows, ms; NaN when there are none. */
  public double medianMs() {
    return Percentiles.of(windows.stream().map(Window::stepMs).toList()).at(50);
  }

  /** Time over steps, ms; NaN when there are none. */
  public double meanMs() {
    double ms = windows.stream().mapToLong(Window::millis).sum();
    return ms / windows.stream().mapToLong(Window::steps).sum();
  }
}
