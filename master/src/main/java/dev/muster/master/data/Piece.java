package dev.muster.master.data;

import java.util.ArrayList;
import java.util.List;

/**
 * A range that was handed out before and is not done.
 *
 * @param failures how often it was reported as failed; parts of it inherit them
 */
record Piece(Range range, int failures) implements Comparable<Piece> {

  Piece part(Range part) {
    return new Piece(part, failures);
  }

  /** What is left of it before and after {@code taken}. */
  List<Piece> without(Range taken) {
    var left = new ArrayList<Piece>(2);
    if (range.from() < taken.from()) {
      left.add(part(range.between(range.from(), taken.from())));
    }
    if (taken.to() < range.to()) {
      left.add(part(range.between(taken.to(), range.to())));
    }
    return left;
  }

  /** The part that a lease of at most {@code size} takes. */
  Range first(long size) {
    return range.between(range.from(), Math.min(range.to(), range.from() + size));
  }

  @Override
  public int compareTo(Piece other) {
    return range.compareTo(other.range);
  }
}
