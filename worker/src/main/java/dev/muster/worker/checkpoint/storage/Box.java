package dev.muster.worker.checkpoint.storage;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A box of a tensor: one side per dimension, counted in elements. A tensor of no dimensions has one
 * box, without sides and with one element; a box with a side of length 0 holds nothing.
 */
public record Box(List<Side> sides) {
  /** Indexes {@code [from, to)} of one dimension. */
  public record Side(long from, long to) {
    public Side {
      if (from < 0 || to < from) {
        throw new IllegalArgumentException(
            "not a side of a box: expected 0 <= from <= to, from=" + from + " to=" + to);
      }
    }

    long length() {
      return to - from;
    }

    boolean contains(Side other) {
      return from <= other.from && other.to <= to;
    }

    /** Empty, somewhere, when the two do not meet. */
    Side meet(Side other) {
      long start = Math.max(from, other.from);
      return new Side(start, Math.max(start, Math.min(to, other.to)));
    }

    @Override
    public String toString() {
      return from + ":" + to;
    }
  }

  public Box {
    sides = List.copyOf(sides);
  }

  /**
   * @param bounds {@code [from, to)} per dimension
   */
  public static Box of(long[][] bounds) {
    return new Box(Arrays.stream(bounds).map(Box::side).toList());
  }

  private static Side side(long[] bounds) {
    if (bounds == null || bounds.length != 2) {
      throw new IllegalArgumentException(
          "not a side of a box: expected=[from, to] actual=" + Arrays.toString(bounds));
    }
    return new Side(bounds[0], bounds[1]);
  }

  /** All of a tensor. */
  public static Box whole(List<Long> shape) {
    return new Box(shape.stream().map(n -> new Side(0, n)).toList());
  }

  /** {@code [from, to)} per dimension. */
  public long[][] bounds() {
    return sides.stream().map(s -> new long[] {s.from, s.to}).toArray(long[][]::new);
  }

  /** Lengths of the sides: the shape of an array that holds this box alone. */
  public List<Long> shape() {
    return sides.stream().map(Side::length).toList();
  }

  public int dimensions() {
    return sides.size();
  }

  public Side side(int dimension) {
    return sides.get(dimension);
  }

  long length(int dimension) {
    return sides.get(dimension).length();
  }

  /**
   * @throws ArithmeticException more than a long counts
   */
  public long elements() {
    return elements(0);
  }

  /** Elements of one row: of the dimensions from this one on. */
  long elements(int fromDimension) {
    return product(sides.stream().skip(fromDimension).mapToLong(Side::length));
  }

  /** A zero anywhere makes the product zero, also where the rest alone would overflow. */
  static long product(LongStream lengths) {
    long[] all = lengths.toArray();
    return Arrays.stream(all).anyMatch(n -> n == 0)
        ? 0
        : Arrays.stream(all).reduce(1, Math::multiplyExact);
  }

  public boolean isEmpty() {
    return sides.stream().anyMatch(s -> s.length() == 0);
  }

  public boolean contains(Box other) {
    return sameDimensions(other)
        && IntStream.range(0, dimensions()).allMatch(d -> side(d).contains(other.side(d)));
  }

  /** What both hold; nothing when that is empty. */
  public Optional<Box> intersect(Box other) {
    if (!sameDimensions(other)) {
      throw new IllegalArgumentException(
          "boxes of different tensors: box=" + this + " other=" + other);
    }
    var common =
        new Box(
            IntStream.range(0, dimensions()).mapToObj(d -> side(d).meet(other.side(d))).toList());
    return common.isEmpty() ? Optional.empty() : Optional.of(common);
  }

  private boolean sameDimensions(Box other) {
    return dimensions() == other.dimensions();
  }

  @Override
  public String toString() {
    return sides.toString();
  }
}
