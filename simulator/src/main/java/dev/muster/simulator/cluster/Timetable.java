package dev.muster.simulator.cluster;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Who arrives when, of many that arrive within a moment. Walked in the order in which they were
 * added, which is that of their places in memory: by time it would cost several times as much.
 */
final class Timetable<T> {
  private final long sinceNs;
  private final List<T> all = new ArrayList<>();
  private long[] atNs = new long[16];
  private int first;
  private int last; // among those of the same moment the one that was added last

  Timetable(long sinceNs) {
    this.sinceNs = sinceNs;
  }

  long sinceNs() {
    return sinceNs;
  }

  void add(T one, long arrivalNs) {
    int place = all.size();
    if (place == atNs.length) {
      atNs = Arrays.copyOf(atNs, 2 * place);
    }
    atNs[place] = arrivalNs;
    all.add(one);
    first = arrivalNs < atNs[first] ? place : first;
    last = arrivalNs >= atNs[last] ? place : last;
  }

  int size() {
    return all.size();
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  T get(int place) {
    return all.get(place);
  }

  long atNs(int place) {
    return atNs[place];
  }

  void forEach(Consumer<T> what) {
    all.forEach(what);
  }

  /** Place of the one that arrives before all others. */
  int first() {
    return first;
  }

  /** Place of the one that arrives after all others. */
  int last() {
    return last;
  }
}
