package dev.muster.collectives;

import java.util.ArrayList;
import java.util.List;

/** Ranks as people read them: {@code rank 2}, {@code ranks 0, 1, 5-9}. Pure. */
public final class RankList {
  private RankList() {}

  /**
   * @param ranks ascending
   */
  public static String of(List<Integer> ranks) {
    var parts = new ArrayList<String>();
    for (int first = 0; first < ranks.size(); ) {
      int last = first;
      while (last + 1 < ranks.size() && ranks.get(last + 1) == ranks.get(last) + 1) {
        last++;
      }
      if (last - first < 2) {
        last = first;
        parts.add(ranks.get(first).toString());
      } else {
        parts.add(ranks.get(first) + "-" + ranks.get(last));
      }
      first = last + 1;
    }
    return (ranks.size() == 1 ? "rank " : "ranks ") + String.join(", ", parts);
  }
}
