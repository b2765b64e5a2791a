package dev.muster.worker.agent;

import dev.muster.protocol.Group;
import dev.muster.protocol.RunId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.local.ToWorker;
import dev.muster.protocol.message.ToAgent;
import java.util.List;

/** What the agent asks its shell to do; none blocks, answers come back as {@link AgentEvent}s. */
public sealed interface AgentAction extends Effects.Action {
  /**
   * Answered by WorkerStarted or StartFailed, later WorkerEnded.
   *
   * @param place of a plain command, else null
   */
  record LaunchProcess(WorkerId worker, ToAgent.Place place, RunId run, JobSpec job)
      implements AgentAction {}

  /** Answered by StoreOpened; closes the one before. */
  record OpenStore(long generation, int worldSize, List<String> hosts) implements AgentAction {}

  record CloseStore(long generation) implements AgentAction {}

  /** Answered by StoreLooked, if it is open. */
  record LookAtStore(long generation) implements AgentAction {}

  /** To the worker's whole process group; nothing happens when it is gone. */
  record Signal(WorkerId worker, Kind kind) implements AgentAction {
    public enum Kind {
      TERM,
      KILL
    }
  }

  /** The shell adds to a form which hosts the group spans, as it was opened. */
  record Tell(WorkerId worker, ToWorker message) implements AgentAction {}

  /** Makes a group known that has members here, so that it can be looked at and revoked. */
  record OpenGroup(GroupKey group, Span span) implements AgentAction {}

  /** Answered by GroupRevoked; also when the group was never opened. */
  record RevokeGroup(GroupKey group, List<WorkerId> members, String reason)
      implements AgentAction {}

  record RemoveGroup(GroupKey group) implements AgentAction {}

  /** The workers may run until {@code deadlineNs} on this host's monotonic clock. */
  record RenewLease(long deadlineNs) implements AgentAction {}

  /** Answered by Looked. */
  record Look(Reading.Purpose purpose, List<WorkerId> workers) implements AgentAction {}

  /**
   * Replaces all traps armed before; each is answered by FaultFired when its worker starts the
   * step.
   */
  record ArmFaults(List<Trap> traps) implements AgentAction {}

  /** Writes one worker's snapshot of a step to storage; answered by ShardWritten. */
  record Persist(WorkerId worker, long generation, long step) implements AgentAction {}

  /** Copies one worker's snapshot of a step to each of these peers; answered by ShardWritten. */
  record Push(WorkerId worker, long generation, long step, List<ToAgent.Peer> peers)
      implements AgentAction {}

  /** Removes copies of peers' snapshots that earlier generations made. */
  record SweepCopies(long beforeGeneration) implements AgentAction {}

  /**
   * Copies peers' snapshots into this node's memory; answered by SnapshotsFetched,
   * SnapshotsArriving before.
   */
  record FetchSnapshots(ToAgent.Fetch order) implements AgentAction {}

  /** Answered by CheckpointCommitted. */
  record CommitCheckpoint(long generation, long step, int shards, JobSpec job)
      implements AgentAction {}

  /** Writes shards from whatever snapshots this node holds to storage; answered by Salvaged. */
  record Salvage(ToAgent.Salvage order, JobSpec job) implements AgentAction {}

  /** Looks what this run has on storage; answered by CheckpointsListed. */
  record ListCheckpoints(JobSpec job) implements AgentAction {}

  /** Removes the snapshots of all others: nobody goes on from them any more. */
  record SweepSnapshots(List<WorkerId> keep) implements AgentAction {}

  /** End this agent's process once everything before is done. */
  record Exit(int code, String reason) implements AgentAction {}

  record Trap(WorkerId worker, long generation, int rank, long step) {}

  /** What identifies and sizes the shared memory of a group. */
  record GroupKey(long generation, int worldSize, long startStep, long bytesPerRank) {}

  /**
   * Which machines a group spans.
   *
   * @param group of no meaning without hosts
   * @param hosts empty: all members share this machine's memory
   */
  record Span(Group group, List<ToAgent.HostPart> hosts) {
    /** All members are on this machine. */
    public static final Span NONE = new Span(Group.NONE, List.of());

    static Span of(ToAgent.Form form) {
      return form.hosts().isEmpty() ? NONE : new Span(form.group(), form.hosts());
    }
  }
}
