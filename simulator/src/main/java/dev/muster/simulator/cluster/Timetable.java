package dev.muster.simulator.cluster;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** Who arrives when, of many that arrive within a moment; sorted once, in one array of numbers. */
final class Timetable<T> {
  private static final int INDEX_BITS = 22; // four million; leaves an hour after the start

  private final long sinceNs;
  private final List<T> all = new ArrayList<>();
  private long[] keys = new long[16]; // time since the start, then the place in the list

  Timetable(long sinceNs) {
    this.sinceNs = sinceNs;
  }

  long sinceNs() {
    return sinceNs;
  }

  void add(T one, long atNs) {
    if (all.size() == keys.length) {
      keys = Arrays.copyOf(keys, 2 * keys.length);
    }
    keys[all.size()] = (atNs - sinceNs) << INDEX_BITS | all.size();
    all.add(one);
  }

  /** Those of the same moment stay in the order in which they were added. */
  void sort() {
    Arrays.sort(keys, 0, all.size());
  }

  int size() {
    return all.size();
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  /** By time, once it is sorted. */
  T get(int place) {
    return all.get((int) (keys[place] & ((1L << INDEX_BITS) - 1)));
  }

  long atNs(int place) {
    return sinceNs + (keys[place] >>> INDEX_BITS);
  }

  /** In order of time, once it is sorted. */
  void forEach(Consumer<T> what) {
    for (int place = 0; place < size(); place++) {
      what.accept(get(place));
    }
  }

  T first() {
    return get(0);
  }

  long firstNs() {
    return atNs(0);
  }

  long lastNs() {
    return atNs(size() - 1);
  }
}
