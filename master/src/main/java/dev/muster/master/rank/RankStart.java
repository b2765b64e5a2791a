package dev.muster.master.rank;

/** First assignment of a {@link RankTree}. */
final class RankStart {
  private RankStart() {}

  /** Turns the processes that are not discarded into active ones and spares. */
  static void activate(Domains domains, int[] places) {
    boolean[] barred = new boolean[places.length];
    do {
      fill(domains, places, barred);
    } while (barUnderfilled(domains, places, barred));
  }

  private static void fill(Domains domains, int[] places, boolean[] barred) {
    int[][] active = new int[domains.layers()][];
    for (int layer = 0; layer < domains.layers(); layer++) {
      active[layer] = new int[domains.count(layer)];
    }
    int rank = 0;
    for (int process = 0; process < places.length; process++) {
      if (RankTree.isOut(places[process])) {
        continue;
      }
      places[process] =
          !barred[process] && enter(domains, active, process) ? rank++ : RankTree.spare();
    }
  }

  private static boolean enter(Domains domains, int[][] active, int process) {
    for (int layer = 0; layer < domains.layers(); layer++) {
      if (active[layer][domains.of(layer, process)] >= domains.layer(layer).max()) {
        return false;
      }
    }
    for (int layer = 0; layer < domains.layers(); layer++) {
      active[layer][domains.of(layer, process)]++;
    }
    return true;
  }

  /**
   * Bars the domains of the innermost layer that have some active processes but too few; says
   * whether there was one.
   */
  private static boolean barUnderfilled(Domains domains, int[] places, boolean[] barred) {
    for (int layer = domains.layers() - 1; layer >= 0; layer--) {
      int[] active = domains.tally(layer, process -> places[process] >= 0);
      boolean found = false;
      for (int process = 0; process < places.length; process++) {
        int count = active[domains.of(layer, process)];
        if (count > 0 && count < domains.layer(layer).min()) {
          barred[process] = true;
          found = true;
        }
      }
      if (found) {
        return true;
      }
    }
    return false;
  }
}
