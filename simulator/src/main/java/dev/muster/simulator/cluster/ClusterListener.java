package dev.muster.simulator.cluster;

import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.run.Result;
import dev.muster.simulator.checkpoint.Part;
import dev.muster.simulator.checkpoint.SharedStorage;
import java.util.List;

/**
 * Hears what changes in the world, at the moment it changes and before the next change. Only
 * listens: the world is the same with and without it. Every call costs the world O(1); a survivor
 * that enters its next group is one call, a step none.
 *
 * <p>A worker is in one of three conditions, given as a number where a call needs it: {@link
 * #STARTING}, {@link #SPARE}, or the generation of its group.
 */
public interface ClusterListener {
  long STARTING = -1;
  long SPARE = 0;

  /** Hears nothing. */
  ClusterListener NONE = new ClusterListener() {};

  default void hostUp(long nowNs, int node) {}

  /** Its workers were told of before, one by one, with {@link #ended}. */
  default void hostDown(long nowNs, int node) {}

  default void launched(long nowNs, int node) {}

  /** A started worker is connected: a warm spare until it enters a group. */
  default void ready(long nowNs, int node) {}

  /**
   * Workers of a node obey the order to enter a group.
   *
   * @param from the condition they leave, {@link #SPARE} or a generation
   * @param held whether they held a complete state before
   * @param holdState whether they need not take the state from another
   */
  default void entered(
      long nowNs, int node, int workers, long from, long to, boolean held, boolean holdState) {}

  /**
   * A worker stops stepping without ending.
   *
   * @param held whether it held a complete state
   */
  default void hung(long nowNs, int node, long generation, boolean held) {}

  /**
   * A worker stops stepping without ending, told before {@link #hung}; or one that did is gone,
   * told before {@link #ended}.
   *
   * @param still whether it is there
   */
  default void hangs(long nowNs, WorkerId worker, boolean still) {}

  /** An agent starts a worker or lets it enter a group though the lease of its ranks is over. */
  default void unleased(long nowNs, int node, String order) {}

  /**
   * A worker is gone, the operating system does not say so yet. When it was a member of a group
   * that trained, {@link #stopped} came before.
   *
   * @param condition the one it had
   * @param held whether it held a complete state that others could have had; not when it hung
   */
  default void ended(long nowNs, int node, long condition, boolean held) {}

  /** A node is the first to hear the order that makes a group. */
  default void opened(long nowNs, ToAgent.Form form) {}

  /** Every rank has joined. */
  default void complete(long nowNs, long generation) {}

  /** Every rank holds the state of {@code startStep}: the first step begins. */
  default void trains(long nowNs, long generation, long startStep) {}

  /**
   * Only of a job that makes checkpoints: before {@link #trains}, what each rank put its state
   * together from, in rank order.
   */
  default void restored(long nowNs, ToAgent.Form form, List<List<Part>> byRank) {}

  /**
   * Only of a job that makes checkpoints: what lies in a node's memory, which its agent is about to
   * tell.
   */
  default void counted(long nowNs, int node, List<ToMaster.Snapshot> snapshots) {}

  /** Only of a job that makes checkpoints: one was committed. */
  default void checkpointed(long nowNs, SharedStorage.Checkpoint checkpoint) {}

  /** Nothing commits in this group any more. */
  default void stopped(long nowNs, long generation, Trained trained) {}

  /**
   * Members of a node do not know the last step of their group, which has just {@link #stopped}:
   * they hold the one before. Told within {@link #stopped}'s moment, after it.
   *
   * @param workers them all, also the one whose end {@link #ended} or {@link #hung} is about to
   *     tell
   */
  default void inDoubt(long nowNs, int node, long generation, int workers) {}

  /** A node obeys: none of its workers may commit in this group or an older one. */
  default void revoked(long nowNs, int node, long generation) {}

  /**
   * A drill struck; told after it did.
   *
   * @param nodes empty: none in particular
   */
  default void struck(long nowNs, List<Integer> nodes, String text) {}

  default void master(long nowNs, boolean up) {}

  /** The master tells its operator. */
  default void noted(long nowNs, Observation observation) {}

  /** The master ends the job. */
  default void finished(long nowNs, Result result) {}

  /**
   * What a group did between {@link #trains} and {@link #stopped}; all zero when it never trained.
   *
   * @param trainedNs all of it
   * @param workNs what it would have taken had no member been slow
   * @param checkpointNs the part of {@code workNs} that modelled checkpoints took
   */
  record Trained(
      long startStep, long committed, long stepNs, long trainedNs, long workNs, long checkpointNs) {
    /** Lost because a member was slow. */
    public long slowNs() {
      return trainedNs - workNs;
    }

    /** Spent on a step that did not commit. */
    public long inFlightNs() {
      return workNs - checkpointNs - (committed - startStep) * stepNs;
    }
  }
}
