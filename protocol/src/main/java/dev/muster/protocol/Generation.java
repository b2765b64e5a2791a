package dev.muster.protocol;

/**
 * Number of a group's membership; it only grows. Every order, collective and commit carries it;
 * older ones are refused.
 *
 * @param number 0 before the first group was formed
 */
public record Generation(long number) implements Comparable<Generation> {
  public static final Generation NONE = new Generation(0);

  public Generation {
    if (number < 0) {
      throw new IllegalArgumentException("negative generation: number=" + number);
    }
  }

  public Generation next() {
    return new Generation(number + 1);
  }

  public boolean isBefore(Generation other) {
    return number < other.number;
  }

  @Override
  public int compareTo(Generation other) {
    return Long.compare(number, other.number);
  }

  @Override
  public String toString() {
    return Long.toString(number);
  }
}
