package dev.muster.simulator.cluster;

import java.util.ArrayList;
import java.util.List;

/**
 * One {@link Pace} after the other: how often a group saves may change at a save. Times are those
 * it has trained. Past times are asked for too, so former paces are kept.
 */
final class Course {
  private final List<Pace> paces = new ArrayList<>();
  private final List<Long> fromNs = new ArrayList<>();

  Course(Pace first) {
    paces.add(first);
    fromNs.add(0L);
  }

  long startStep() {
    return paces.getFirst().startStep();
  }

  long stepNs() {
    return paces.getFirst().stepNs();
  }

  /** Of every checkpoint. */
  long stallNs() {
    return paces.getFirst().stallNs();
  }

  /** Steps between two checkpoints as it goes on now. */
  long intervalSteps() {
    return paces.getLast().intervalSteps();
  }

  /**
   * After {@code step}, which is followed by a checkpoint, and behind all that were asked for.
   *
   * @param steps between two checkpoints from there on
   */
  void interval(long step, long steps) {
    var now = paces.getLast();
    long behindNs = untilNs(step) + now.stallNs();
    paces.add(new Pace(step, now.stepNs(), steps, now.stallNs()));
    fromNs.add(behindNs);
  }

  long committed(long trainedNs) {
    int at = at(trainedNs);
    return paces.get(at).committed(trainedNs - fromNs.get(at));
  }

  long durable(long trainedNs) {
    long newest = -1;
    for (int i = 0; i <= at(trainedNs); i++) {
      newest = Math.max(newest, paces.get(i).durable(within(i, trainedNs)));
    }
    return newest;
  }

  long stalledNs(long trainedNs) {
    long stalledNs = 0;
    for (int i = 0; i <= at(trainedNs); i++) {
      stalledNs += paces.get(i).stalledNs(within(i, trainedNs));
    }
    return stalledNs;
  }

  /** The part of a time in which this pace was kept. */
  private long within(int pace, long trainedNs) {
    boolean last = pace + 1 == paces.size();
    long untilNs = last ? trainedNs : Math.min(trainedNs, fromNs.get(pace + 1));
    return untilNs - fromNs.get(pace);
  }

  long untilNs(long step) {
    int at = paces.size() - 1;
    while (at > 0 && step <= paces.get(at).startStep()) {
      at--;
    }
    return fromNs.get(at) + paces.get(at).untilNs(step);
  }

  private int at(long trainedNs) {
    int at = paces.size() - 1;
    while (at > 0 && trainedNs < fromNs.get(at)) {
      at--;
    }
    return at;
  }
}
