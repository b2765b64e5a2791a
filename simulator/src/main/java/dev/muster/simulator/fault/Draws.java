package dev.muster.simulator.fault;

import dev.muster.protocol.core.CounterRandom;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The random values of one fault: a function of (seed, line, index), so that a line that is left
 * out shifts no other.
 */
final class Draws {
  private final long seed;
  private final String stream;
  private final long index;
  private int used;

  Draws(long seed, String stream, long index) {
    this.seed = seed;
    this.stream = stream;
    this.index = index;
  }

  private long next() {
    return CounterRandom.mix(seed, stream, used++, index);
  }

  double unit() {
    return CounterRandom.unit(next());
  }

  int below(int bound) {
    return (int) CounterRandom.below(bound, next());
  }

  long ns(Span span) {
    double first = unit();
    return span.ns(first, unit());
  }

  /** {@code count} different numbers below {@code bound}. */
  List<Integer> someBelow(int bound, int count) {
    if (2 * count > bound) {
      return some(IntStream.range(0, bound).boxed().toList(), count);
    }
    var found = new LinkedHashSet<Integer>();
    while (found.size() < count) {
      found.add(below(bound));
    }
    return List.copyOf(found);
  }

  /** {@code count} of them in random order. */
  <T> List<T> some(List<T> of, int count) {
    var left = new ArrayList<>(of);
    for (int i = 0; i < count; i++) {
      int other = i + below(left.size() - i);
      T swapped = left.set(i, left.get(other));
      left.set(other, swapped);
    }
    return List.copyOf(left.subList(0, count));
  }
}
