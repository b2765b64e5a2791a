package dev.muster.master.rank;

import dev.muster.protocol.Group;
import dev.muster.protocol.Member;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Stable assignment of ranks after a change of membership, for a group without layers ({@link
 * RankTree} has them).
 *
 * <p>Three rules, in this order:
 *
 * <ol>
 *   <li>A survivor whose former rank exists in the new world keeps it.
 *   <li>When the world shrinks, the survivors above it move into the holes below it, in order of
 *       their former ranks. Nobody else moves, so no assignment moves fewer survivors.
 *   <li>A newcomer takes the hole of a lost member of its own node if there is one (the map from
 *       rank to host then stays as it was, and with it the reduction order); otherwise the lowest
 *       hole that is left.
 * </ol>
 */
public final class RankPlan {
  private static final Deque<Integer> NO_HOLES = new ArrayDeque<>(0);

  private final Group previous;
  private final Member[] byRank;
  private final TreeSet<Integer> holes = new TreeSet<>();

  private RankPlan(Group previous, int worldSize) {
    this.previous = previous;
    this.byRank = new Member[worldSize];
  }

  /**
   * Places survivors and newcomers in a world of {@code worldSize} ranks.
   *
   * @param survivors members of {@code previous} that are alive, any order
   * @param newcomers workers that were not in {@code previous}, in the order in which they shall be
   *     used; surplus ones stay out
   * @return one member per rank, in rank order
   * @throws IllegalArgumentException if somebody is named twice, a survivor is no former member, or
   *     fewer than {@code worldSize} workers are given; definite, nothing was done
   */
  public static List<Member> replace(
      Group previous, List<WorkerId> survivors, List<WorkerId> newcomers, int worldSize) {
    requireEnough(previous, survivors, newcomers, worldSize);
    requireNew(previous, newcomers);
    var plan = new RankPlan(previous, worldSize);
    plan.keep(alive(previous, survivors)).forEach(plan::seatLowest);
    plan.seatAtHome(newcomers).forEach(plan::seatLowest);
    return plan.members();
  }

  /**
   * Seats every survivor whose rank still exists; returns the others in order of their former
   * ranks.
   */
  private List<WorkerId> keep(boolean[] alive) {
    var displaced = new ArrayList<WorkerId>();
    for (int rank = 0; rank < alive.length; rank++) {
      if (alive[rank] && rank < byRank.length) {
        byRank[rank] = previous.members().get(rank);
      } else if (alive[rank]) {
        displaced.add(previous.members().get(rank).worker());
      }
    }
    IntStream.range(0, byRank.length).filter(rank -> byRank[rank] == null).forEach(holes::add);
    return displaced;
  }

  /** Seats newcomers in holes their own node left, lowest first; returns those that found none. */
  private List<WorkerId> seatAtHome(List<WorkerId> newcomers) {
    var holesByNode = new HashMap<NodeId, Deque<Integer>>();
    for (int hole : holes.headSet(previous.worldSize())) {
      NodeId node = previous.members().get(hole).worker().node();
      holesByNode.computeIfAbsent(node, n -> new ArrayDeque<>()).add(hole);
    }
    var rest = new ArrayList<WorkerId>();
    for (WorkerId newcomer : newcomers) {
      Deque<Integer> home = holesByNode.getOrDefault(newcomer.node(), NO_HOLES);
      if (home.isEmpty()) {
        rest.add(newcomer);
      } else {
        seat(newcomer, home.remove());
      }
    }
    return rest;
  }

  private void seatLowest(WorkerId worker) {
    if (!holes.isEmpty()) {
      seat(worker, holes.first());
    }
  }

  private void seat(WorkerId worker, int hole) {
    byRank[hole] = new Member(worker, hole);
    holes.remove(hole);
  }

  private List<Member> members() {
    return List.of(byRank);
  }

  /** Former ranks whose worker survives. */
  private static boolean[] alive(Group previous, List<WorkerId> survivors) {
    var alive = new boolean[previous.worldSize()];
    int rank = -1;
    for (WorkerId worker : survivors) {
      rank = previous.rankOf(worker, rank + 1);
      require(rank >= 0, "survivor was no member", worker, previous);
      require(!alive[rank], "worker named twice", worker, previous);
      alive[rank] = true;
    }
    return alive;
  }

  private static void requireNew(Group previous, List<WorkerId> newcomers) {
    var seen = new HashSet<WorkerId>();
    for (WorkerId worker : newcomers) {
      require(seen.add(worker), "worker named twice", worker, previous);
      require(!previous.contains(worker), "newcomer was a member", worker, previous);
    }
  }

  private static void requireEnough(
      Group previous, List<WorkerId> survivors, List<WorkerId> newcomers, int worldSize) {
    int workers = survivors.size() + newcomers.size();
    if (worldSize < 1 || workers < worldSize) {
      throw new IllegalArgumentException(
          "cannot fill the world: worldSize="
              + worldSize
              + " workers="
              + workers
              + " generation="
              + previous.generation()
              + "; wait for more workers or form a smaller world");
    }
  }

  private static void require(boolean holds, String statement, WorkerId worker, Group previous) {
    if (!holds) {
      throw new IllegalArgumentException(
          statement + ": worker=" + worker + " generation=" + previous.generation());
    }
  }
}
