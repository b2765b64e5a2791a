package dev.muster.simulator.shrink;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Finds few elements of a list that still fail: leaves out ever smaller pieces as long as what is
 * left fails. The result is 1-minimal: it passes with any one element less.
 *
 * <p>Zeller, Hildebrandt: Simplifying and isolating failure-inducing input, 2002 (ddmin, of which
 * only the complements are tried: a piece alone rarely fails).
 */
public final class DeltaDebugging {
  private DeltaDebugging() {}

  /**
   * @param failing a list that fails
   * @param fails must give the same answer each time
   */
  public static <T> List<T> minimal(List<T> failing, Predicate<List<T>> fails) {
    return atMost(0, failing, fails);
  }

  /** As {@link #minimal}, but as soon as no more than {@code enough} are left it is content. */
  static <T> List<T> atMost(int enough, List<T> failing, Predicate<List<T>> fails) {
    var left = List.copyOf(failing);
    int pieces = 2;
    while (left.size() > enough) {
      var smaller = without(left, Math.min(pieces, left.size()), fails);
      if (smaller != null) {
        left = smaller;
        pieces = Math.max(2, pieces - 1);
      } else if (pieces < left.size()) {
        pieces = Math.min(left.size(), 2 * pieces);
      } else {
        return left;
      }
    }
    return left;
  }

  /** The list without one of its pieces that fails; null when none does. */
  private static <T> List<T> without(List<T> list, int pieces, Predicate<List<T>> fails) {
    for (int piece = 0; piece < pieces; piece++) {
      int from = (int) ((long) list.size() * piece / pieces);
      int to = (int) ((long) list.size() * (piece + 1) / pieces);
      var rest = new ArrayList<>(list.subList(0, from));
      rest.addAll(list.subList(to, list.size()));
      if (fails.test(rest)) {
        return List.copyOf(rest);
      }
    }
    return null;
  }
}
