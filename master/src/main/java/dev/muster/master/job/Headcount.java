package dev.muster.master.job;

import java.util.List;

/**
 * How many workers stand where, and the newest step among those that could go on. {@link Fleet}
 * takes a worker out before it changes and puts it back afterwards, so that asking costs nothing.
 */
final class Headcount {
  private int all;
  private int members;
  private int survivors;
  private int spares;
  private int nodesWithSpares;
  private int starting;
  private int suspects;
  private int finished;
  private int finishedMembers;
  private int open;
  private long newestStep = -1; // no usable worker holds more
  private int atNewest; // how many hold just that

  void add(Fleet.Worker w, int by) {
    boolean eligible = w.eligible();
    all += by;
    members += w.member() ? by : 0;
    survivors += w.member() && eligible ? by : 0;
    addSpares(w.node, spare(w) ? by : 0);
    starting += eligible && !w.ready() ? by : 0;
    suspects += suspect(w) ? by : 0;
    finished += w.finished() ? by : 0;
    finishedMembers += w.member() && w.finished() ? by : 0;
    open += w.member() && !w.finished() && !w.condemned() ? by : 0;
    if (usableNow(w)) {
      tally(w.appliedStep(), by);
    }
  }

  private void addSpares(Fleet.Node node, int by) {
    if (by != 0) {
      spares += by;
      int now = node.spares(by);
      nodesWithSpares += by > 0 && now == by ? 1 : by < 0 && now == 0 ? -1 : 0;
    }
  }

  /** Ready and in no group. */
  static boolean spare(Fleet.Worker w) {
    return !w.member() && w.ready() && w.eligible();
  }

  /** Nodes that a group of spares could be spread over. */
  int nodesWithSpares() {
    return nodesWithSpares;
  }

  /**
   * @param step it holds from now on
   */
  void moves(Fleet.Worker w, long step) {
    if (usableNow(w)) {
      tally(w.appliedStep(), -1);
      tally(step, 1);
    }
  }

  private void tally(long step, int by) {
    if (step > newestStep) {
      newestStep = step;
      atNewest = by;
    } else if (step == newestStep) {
      atNewest += by;
    }
  }

  /** Whether it could be a member of the next group as it is. */
  static boolean usableNow(Fleet.Worker w) {
    return w.eligible() && (w.member() || w.ready());
  }

  /**
   * On a node whose link has ended, or was never made to this master, and which is not given up
   * yet; a spare, too, may hold steps of a group that it was left out of.
   */
  static boolean suspect(Fleet.Worker w) {
    return (w.member() || w.ready()) && !w.condemned() && !w.node.usable();
  }

  int all() {
    return all;
  }

  int members() {
    return members;
  }

  /** Members that are alive, on a usable node and not on their way out. */
  int survivors() {
    return survivors;
  }

  /** Ready workers that are in no group. */
  int spares() {
    return spares;
  }

  /** Processes that were launched and are not ready yet. */
  int starting() {
    return starting;
  }

  int suspects() {
    return suspects;
  }

  int finished() {
    return finished;
  }

  int finishedMembers() {
    return finishedMembers;
  }

  /** Members that have neither finished nor are on their way out. */
  int open() {
    return open;
  }

  /** False once the last one that held the newest step is gone: {@link #newest} has to look. */
  boolean newestKnown() {
    return atNewest > 0 || survivors + spares == 0;
  }

  /** See {@link Fleet#newestStep}. */
  long newestStep() {
    return atNewest > 0 ? newestStep : -1;
  }

  /**
   * @param usable all that could be members of the next group
   */
  void newest(List<Fleet.Worker> usable) {
    newestStep = -1;
    atNewest = 0;
    usable.forEach(w -> tally(w.appliedStep(), 1));
  }
}
