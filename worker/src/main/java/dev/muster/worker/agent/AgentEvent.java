package dev.muster.worker.agent;

import dev.muster.collectives.flight.Standing;
import dev.muster.protocol.Exit;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.Nullable;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import java.util.List;
import java.util.Map;

/** What the agent hears. Times are those of {@code Effects.nowNs}, ns. */
public sealed interface AgentEvent {
  /** First event of all. */
  record Started() implements AgentEvent {}

  /** Both ends of the link have proved the secret. */
  record LinkUp() implements AgentEvent {}

  /** No link was ever up and none will be: this agent does not belong to the master's run. */
  record LinkRefused(String reason) implements AgentEvent {}

  record LinkDown(String reason) implements AgentEvent {}

  record Ordered(ToAgent order) implements AgentEvent {}

  record WorkerStarted(WorkerId worker, long pid) implements AgentEvent {}

  /** Nothing runs (definite). */
  record StartFailed(WorkerId worker, String reason) implements AgentEvent {}

  /**
   * The operating system's exit notice.
   *
   * @param noticedNs when it came
   * @param appliedStep from its control page, 0 without one
   */
  record WorkerEnded(WorkerId worker, Exit exit, long noticedNs, long appliedStep)
      implements AgentEvent {}

  /** Token and version were right, its welcome is on the way. */
  record Connected(WorkerId worker) implements AgentEvent {}

  record Said(WorkerId worker, FromWorker message) implements AgentEvent {}

  /** The socket is closed; the process may still live. */
  record Disconnected(WorkerId worker, String reason) implements AgentEvent {}

  /**
   * Answer to {@link AgentAction.Look}.
   *
   * @param arrivals per rank of the current group, empty when not asked for or unknown
   * @param snapshots in this node's memory; empty when not asked for
   * @param standings by the flight recorders of all ranks of the current group; empty when not
   *     asked for or unknown
   */
  record Looked(
      Reading.Purpose purpose,
      List<Reading> readings,
      List<Long> arrivals,
      List<ToMaster.Snapshot> snapshots,
      List<Standing> standings)
      implements AgentEvent {
    /** Without standings. */
    public Looked(
        Reading.Purpose purpose,
        List<Reading> readings,
        List<Long> arrivals,
        List<ToMaster.Snapshot> snapshots) {
      this(purpose, readings, arrivals, snapshots, List.of());
    }

    /** Without snapshots. */
    public Looked(Reading.Purpose purpose, List<Reading> readings, List<Long> arrivals) {
      this(purpose, readings, arrivals, List.of());
    }
  }

  /**
   * What the flight recorders of a group that was revoked say, by rank.
   *
   * @param reason of whoever ended it first
   */
  record FlightRecorded(long generation, String reason, List<Standing> standings)
      implements AgentEvent {}

  /**
   * No step of {@code generation} commits any more; {@code committedStep} was the last.
   *
   * @param snapshots in this node's memory, after that
   * @param inDoubt members on other machines may hold one step more
   */
  record GroupRevoked(
      long generation, long committedStep, List<ToMaster.Snapshot> snapshots, boolean inDoubt)
      implements AgentEvent {
    /** Which no other machine contradicts. */
    public GroupRevoked(long generation, long committedStep, List<ToMaster.Snapshot> snapshots) {
      this(generation, committedStep, snapshots, false);
    }

    /** Without snapshots. */
    public GroupRevoked(long generation, long committedStep) {
      this(generation, committedStep, List.of());
    }
  }

  /**
   * Answer to {@link AgentAction.Persist} and {@link AgentAction.Push}.
   *
   * @param problem empty when the shard is there
   * @param passed the worker has saved over this step
   */
  record ShardWritten(
      WorkerId worker,
      long generation,
      long step,
      ToAgent.Medium to,
      String problem,
      boolean passed)
      implements AgentEvent {}

  /** Some of what {@code generation} waits for has come. */
  record SnapshotsArriving(long generation) implements AgentEvent {}

  /**
   * Answer to {@link AgentAction.FetchSnapshots}.
   *
   * @param generation that waits for them
   * @param unread node of the one that could not be fetched; null when all are here
   * @param problem empty when all are here
   */
  record SnapshotsFetched(long generation, @Nullable NodeId unread, String problem)
      implements AgentEvent {
    public static SnapshotsFetched all(long generation) {
      return new SnapshotsFetched(generation, null, "");
    }
  }

  /**
   * Answer to {@link AgentAction.Salvage}.
   *
   * @param order its number
   * @param problem empty when all its shards are on storage
   */
  record Salvaged(long order, String problem) implements AgentEvent {}

  /**
   * Answer to {@link AgentAction.CommitCheckpoint}.
   *
   * @param problem empty when it is committed; otherwise indefinite
   */
  record CheckpointCommitted(long generation, long step, String problem) implements AgentEvent {}

  /**
   * Answer to {@link AgentAction.ListCheckpoints}.
   *
   * @param problem empty when these are all
   */
  record CheckpointsListed(List<ToMaster.Stored> stored, String problem) implements AgentEvent {}

  /**
   * Answer to {@link AgentAction.OpenStore}.
   *
   * @param endpoint HOST:PORT
   * @param problem empty when it is open
   */
  record StoreOpened(long generation, String endpoint, String problem) implements AgentEvent {}

  /**
   * Answer to {@link AgentAction.LookAtStore}.
   *
   * @param joined ranks that have come
   * @param missing ranks that have not, ascending; empty when it cannot be told which
   * @param waiting keys that are not there, and how many connections wait for each
   */
  record StoreLooked(
      long generation, int joined, List<Integer> missing, Map<String, Integer> waiting)
      implements AgentEvent {}

  /** An armed fault is about to kill its worker; always comes before that worker's end. */
  record FaultFired(WorkerId worker, int rank, long step, long atNs) implements AgentEvent {}

  /** An operator's signal to the agent. */
  record StopRequested(String reason) implements AgentEvent {}

  /** A timer of {@link Agent}. */
  record Due(Timer timer, WorkerId worker) implements AgentEvent {
    Due(Timer timer) {
      this(timer, null);
    }

    String key() {
      return worker == null ? timer.name() : timer.name() + ":" + worker;
    }
  }

  enum Timer {
    BEAT,
    LEASE,
    HANG,
    /** no master for too long */
    RECONNECT,
    /** the master did not answer {@code Leaving} */
    LEAVE,
    TERM,
    KILL,
    /** ranks should have come to the store */
    STORE
  }
}
