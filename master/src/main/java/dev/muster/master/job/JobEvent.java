package dev.muster.master.job;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.message.ToMaster;
import java.util.List;

/**
 * What a {@link Job} reacts to. All are journaled, beats as a summary: replaying them gives the
 * same decisions.
 */
public sealed interface JobEvent {

  /**
   * The master is up and the journal has been replayed.
   *
   * @param incarnation grows with every start of the master
   * @param resumed after a former master of this run
   * @param lastStep newest commit that the run folder witnesses, 0 when it has none: the journal
   *     may lack the last beats
   */
  record Started(long incarnation, boolean resumed, long lastStep) implements JobEvent {}

  /** The same of a job that has ended, and is to go on. */
  record Reopened(long incarnation, long lastStep) implements JobEvent {}

  record FromAgent(NodeId node, ToMaster message) implements JobEvent {}

  /**
   * What beats have changed since the last entry of the journal, folded into one; only a replay
   * handles it.
   *
   * @param committedStep newest known
   */
  record Beats(long committedStep, List<Seen> nodes) implements JobEvent {}

  /**
   * @param leasedNs when its lease was renewed last, 0: not since
   */
  record Seen(NodeId node, long heardNs, long leasedNs) {}

  /** The link to a node ended: suspect, not yet lost. */
  record LinkLost(NodeId node, String reason) implements JobEvent {}

  /** An operator asked for the end of the run. */
  record StopRequested(String reason) implements JobEvent {}

  /**
   * An operator asked for a checkpoint on storage at once.
   *
   * @param request number of the answer
   */
  record CheckpointRequested(long request, String reason) implements JobEvent {}

  /** What a node waited for that leaves is saved, or took too long. */
  record LeaveDue(NodeId node) implements JobEvent {}

  /** What the run waited for that is to stop is saved, or took too long. */
  record StopDue() implements JobEvent {}

  /** The journal holds the decision to form this generation; only now may it be ordered. */
  record Durable(Generation generation) implements JobEvent {}

  /**
   * A node said nothing for too long; follows from a health check.
   *
   * @param silentNs since it was heard of last
   */
  record NodeSilent(NodeId node, String reason, long silentNs) implements JobEvent {}

  /** Time to look at beats, at nodes that are suspect and at workers that should have started. */
  record HealthCheck() implements JobEvent {}

  /** Time to decide again about a group that was waiting for workers. */
  record Recheck() implements JobEvent {}

  /** What was waited for did not come in time. */
  record Overdue(Generation generation, Wait awaited) implements JobEvent {}

  /** What a group that begins or ends waits for, each with a limit. */
  enum Wait {
    /** every node's acknowledgement of the revoke */
    ACKNOWLEDGEMENTS,
    /** the end of the last lease, when nobody acknowledged */
    LEASE,
    /** the first step of a new group */
    FIRST_STEP,
    /** the store at which plain commands meet */
    STORE
  }

  /** Time to bring a checkpoint to storage. */
  record PersistDue() implements JobEvent {}

  /** Time to copy snapshots to peers. */
  record CopyDue() implements JobEvent {}

  /** The checkpoint of the last step takes too long: the job ends without it. */
  record LastCheckpointOverdue() implements JobEvent {}

  /** Saving the newest step in memory takes too long: the job ends without it. */
  record SalvageOverdue() implements JobEvent {}

  /** Not all nodes have told what they hold: what is known is saved. */
  record CensusOverdue() implements JobEvent {}

  /** A storage that failed while the newest step was to be saved may work again. */
  record SalvageRetry() implements JobEvent {}

  /** A worker did not end in time after the end of the job. */
  record ShutdownOverdue() implements JobEvent {}

  /** A worker was launched and is not ready in time. */
  record StartOverdue(WorkerId worker) implements JobEvent {}
}
