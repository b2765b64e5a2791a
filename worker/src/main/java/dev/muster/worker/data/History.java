package dev.muster.worker.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which attempt at each step counts: the one its generation committed, unless a later generation
 * began again at or before it (a restart goes back to step 0).
 */
final class History {
  private final TreeMap<Long, Long> generationOf = new TreeMap<>();
  private final TreeMap<Long, TreeSet<Long>> attempts = new TreeMap<>(); // generation -> steps
  private final TreeMap<Long, TreeSet<Long>> commits = new TreeMap<>();
  private final List<String> complaints = new ArrayList<>();
  private Sampler shape;

  private History() {}

  static History of(List<Path> logs) throws IOException {
    var history = new History();
    SampleLines.read(logs, history::take);
    history.join();
    return history;
  }

  private void take(SampleLines.Line line) {
    switch (line) {
      case SampleLines.Dataset(var samples, var globalBatch) ->
          dataset(new Sampler(0, samples, globalBatch));
      case SampleLines.Delivered d ->
          attempts.computeIfAbsent(d.generation(), g -> new TreeSet<>()).add(d.step());
      case SampleLines.Committed c ->
          commits.computeIfAbsent(c.generation(), g -> new TreeSet<>()).add(c.step());
      case SampleLines.Used _, SampleLines.Malformed _ -> {}
    }
  }

  private void dataset(Sampler named) {
    if (shape != null && !shape.equals(named)) {
      complaints.add("workers name different data sets: expected=" + shape + " actual=" + named);
    }
    shape = shape == null ? named : shape;
  }

  private void join() {
    attempts.forEach((generation, steps) -> {
      generationOf.tailMap(steps.first(), true).clear();
      commits
          .getOrDefault(generation, new TreeSet<>())
          .forEach(step -> generationOf.put(step, generation));
    });
    if (shape == null) {
      complaints.add("no log names the data set");
      shape = new Sampler(0, 1, 1);
    }
    for (long step = 1; step <= lastStep(); step++) {
      if (!generationOf.containsKey(step)) {
        complaints.add("step was never committed: step=" + step + " lastStep=" + lastStep());
      }
    }
  }

  boolean counts(long generation, long step) {
    Long counted = generationOf.get(step);
    return counted != null && counted == generation;
  }

  /** An attempt that does not count, at a step of which another one does. */
  boolean redone(long generation, long step) {
    return generationOf.containsKey(step) && !counts(generation, step);
  }

  /** Such attempts by their generation; generations without one are left out. */
  TreeMap<Long, Long> redone() {
    var redone = new TreeMap<Long, Long>();
    attempts.forEach((generation, steps) -> {
      long count = steps.stream().filter(step -> redone(generation, step)).count();
      if (count > 0) {
        redone.put(generation, count);
      }
    });
    return redone;
  }

  List<String> complaints() {
    return complaints;
  }

  long committedSteps() {
    return generationOf.size();
  }

  long samples() {
    return shape.samples();
  }

  long epochOf(long step) {
    return shape.batch(step).epoch();
  }

  /** -1 without a committed step. */
  long lastEpoch() {
    return lastStep() == 0 ? -1 : epochOf(lastStep());
  }

  /** Samples that the steps of an epoch up to the last committed one use. */
  long expectedIn(long epoch) {
    if (epoch < lastEpoch()) {
      return samples();
    }
    Sampler.Batch last = shape.batch(lastStep());
    return last.from() + last.count();
  }

  private long lastStep() {
    return generationOf.isEmpty() ? 0 : generationOf.lastKey();
  }
}
