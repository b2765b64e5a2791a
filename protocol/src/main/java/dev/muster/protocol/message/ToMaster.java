package dev.muster.protocol.message;

import dev.muster.protocol.Exit;
import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What an agent tells the master. */
public sealed interface ToMaster extends Message {

  /**
   * First message on every link, also after a reconnect.
   *
   * @param incarnation random per agent process; a different one means that all workers of the
   *     former are gone
   * @param slots how many workers this node may run at once, spares included
   * @param seen the newest generation this agent has obeyed
   * @param workers every worker process that is alive
   * @param snapshots in this node's memory, whoever made them
   * @param bulk HOST:PORT of its store of snapshots, where peers push and fetch; empty: none
   * @param domains what this node fails together with, outermost first, such as power feed and rack
   * @param machine nodes of one machine share its memory: their ranks meet there, ranks of
   *     different machines over the network; empty: the one that all such nodes are on
   */
  record Register(
      NodeId node,
      long incarnation,
      String host,
      int slots,
      Generation seen,
      List<WorkerReport> workers,
      List<Snapshot> snapshots,
      String bulk,
      List<String> domains,
      String machine)
      implements ToMaster {
    /** Of a node that holds no snapshots and takes none. */
    public Register(
        NodeId node,
        long incarnation,
        String host,
        int slots,
        Generation seen,
        List<WorkerReport> workers) {
      this(node, incarnation, host, slots, seen, workers, List.of(), "", List.of(), "");
    }
  }

  /**
   * A complete copy of a state, or of one shard of it, in a node's memory.
   *
   * @param generation of the group that made it
   * @param step the last one in it
   * @param shard 0-based place among the {@code shards} that make up the state; of a replicated
   *     state every shard is the whole
   */
  record Snapshot(Generation generation, long step, int shard, int shards) {}

  /**
   * A live worker as its agent sees it.
   *
   * @param ready connected and able to join a group
   * @param generation the group it is in, {@link Generation#NONE} for a spare
   * @param appliedStep last step whose update it applied, 0 before the first, -1 when it holds no
   *     whole state
   * @param endpoint HOST:PORT where ranks of other machines reach it; empty: nowhere
   */
  record WorkerReport(
      WorkerId worker,
      long pid,
      boolean ready,
      Generation generation,
      long appliedStep,
      String endpoint) {
    /** That only ranks of its machine reach. */
    public WorkerReport(
        WorkerId worker, long pid, boolean ready, Generation generation, long appliedStep) {
      this(worker, pid, ready, generation, appliedStep, "");
    }
  }

  /**
   * One beat for a set of nodes, so that an aggregator may stand between. Answered by {@link
   * ToAgent.Lease}.
   */
  record Beat(List<NodeDigest> nodes) implements ToMaster {}

  /**
   * Fixed-size state of a node.
   *
   * @param minStep smallest last applied step over the local members of {@code generation}; -1
   *     without members
   * @param maxStep likewise the largest
   * @param loss last global training loss, NaN when unknown
   * @param unitsPerSecond throughput in the trainer's own unit (tokens, samples), whole group
   */
  record NodeDigest(
      NodeId node,
      long incarnation,
      long sequence,
      Generation generation,
      long minStep,
      long maxStep,
      double loss,
      double unitsPerSecond) {}

  /**
   * The process is connected, its libraries are loaded, it can join a group; a plain command: it
   * runs.
   *
   * @param unit what its throughput counts, empty for a plain command
   * @param sharded whether it holds a part of the state only, so that no worker can go on from
   *     another one's alone
   * @param endpoint HOST:PORT where ranks of other machines reach it; empty: nowhere
   */
  record WorkerReady(WorkerId worker, long pid, String unit, boolean sharded, String endpoint)
      implements ToMaster {
    /** That only ranks of its machine reach. */
    public WorkerReady(WorkerId worker, long pid, String unit, boolean sharded) {
      this(worker, pid, unit, sharded, "");
    }

    /** With a replicated state. */
    public WorkerReady(WorkerId worker, long pid, String unit) {
      this(worker, pid, unit, false);
    }
  }

  /**
   * A worker process ended, noticed by the operating system's exit notification.
   *
   * @param generation the group it was in, {@link Generation#NONE} for a spare
   * @param appliedStep last step it applied
   * @param detectNs from the fault to the agent's notice when the fault was injected here, else 0
   * @param error first error the trainer reported (class, message, stack trace), empty if none
   */
  record WorkerExited(
      WorkerId worker,
      Generation generation,
      Exit exit,
      long appliedStep,
      long detectNs,
      String error)
      implements ToMaster {}

  /**
   * A member stopped making progress; the agent has already been told nothing: the master decides.
   *
   * @param stalledNs how long without progress, CPU starvation taken off
   * @param evidence what was seen, in words
   */
  record WorkerHung(
      WorkerId worker, Generation generation, long appliedStep, long stalledNs, String evidence)
      implements ToMaster {}

  /**
   * This node's members of {@code generation} can no longer commit.
   *
   * @param survivors live local members with the last step they applied or will have applied
   * @param snapshots in this node's memory, whoever made them
   * @param inDoubt this node's machine has voted for one step more than its survivors hold, and
   *     does not know what became of it: members on other machines may hold that step
   */
  record Revoked(
      NodeId node,
      Generation generation,
      List<Survivor> survivors,
      List<Snapshot> snapshots,
      boolean inDoubt)
      implements ToMaster {
    /** That knows what the last step was. */
    public Revoked(
        NodeId node, Generation generation, List<Survivor> survivors, List<Snapshot> snapshots) {
      this(node, generation, survivors, snapshots, false);
    }

    /** Of a node that holds no snapshots. */
    public Revoked(NodeId node, Generation generation, List<Survivor> survivors) {
      this(node, generation, survivors, List.of());
    }
  }

  /**
   * What the flight recorders of a group say of its end, told once they were read: after {@link
   * Revoked}, or before. Changes nothing but what people are told.
   *
   * @param evidence in words
   */
  record GroupDiagnosed(NodeId node, Generation generation, String evidence) implements ToMaster {}

  /**
   * @param appliedStep the last committed step this worker holds the state of, -1 when it holds no
   *     whole state
   */
  record Survivor(WorkerId worker, long appliedStep) {}

  /** All local members of {@code generation} passed a point of the way from order to training. */
  record Reached(NodeId node, Generation generation, Milestone milestone, long step)
      implements ToMaster {}

  /** Points every member passes after {@link ToAgent.Form}, in this order. */
  enum Milestone {
    /** the communicator of the generation is up */
    JOINED,
    /** the state of the group's start step is in place */
    RESTORED,
    /** the first step of the generation is committed */
    STEPPED
  }

  /**
   * The trainer finished its last step.
   *
   * @param loss final held-out loss, NaN if the trainer has none
   * @param parametersDigest hash of the final state, hex; equal on all ranks of a data-parallel
   *     group
   * @param report lines the trainer wants in the summary
   */
  record WorkerFinished(
      WorkerId worker,
      Generation generation,
      long step,
      double loss,
      String parametersDigest,
      List<String> report)
      implements ToMaster {}

  /**
   * Some more of what this node fetches for its members of {@code generation} has come; their
   * {@link Reached} follow when all is here. Told a few times within a start timeout.
   */
  record Fetching(NodeId node, Generation generation) implements ToMaster {}

  /**
   * This node's members of {@code generation} could not read the state that its group was to start
   * from; they hold none now.
   *
   * @param unread the node whose snapshot it was, {@code node} itself or one it fetched from; of no
   *     meaning when the state was read from storage
   */
  record RestoreFailed(NodeId node, Generation generation, NodeId unread, String problem)
      implements ToMaster {}

  /**
   * This node's shards of a step are where they were to go, or why not.
   *
   * @param to storage, or the memory of peers
   * @param problem empty when they are
   * @param passed the snapshot of this step was gone before the order came: a later step may do
   */
  record ShardsWritten(
      NodeId node,
      Generation generation,
      long step,
      ToAgent.Medium to,
      String problem,
      boolean passed)
      implements ToMaster {}

  /**
   * What snapshots took from this node's members, told after the 4th, 8th, 16th and so on of a
   * generation: means since it was last told, of the slowest member.
   *
   * @param blockedNs by which one delayed the step after it
   * @param stepNs of a step
   */
  record SaveCost(NodeId node, Generation generation, long blockedNs, long stepNs)
      implements ToMaster {}

  /**
   * Answer to {@link ToAgent.Salvage}.
   *
   * @param order its number
   * @param problem empty when all its shards are on storage
   */
  record Salvaged(NodeId node, long order, String problem) implements ToMaster {}

  /**
   * Answer to {@link ToAgent.CommitCheckpoint}.
   *
   * @param problem empty when it is committed; otherwise indefinite, it may be
   */
  record CheckpointCommitted(NodeId node, Generation generation, long step, String problem)
      implements ToMaster {}

  /**
   * Answer to {@link ToAgent.ListCheckpoints}.
   *
   * @param stored this run's checkpoints, oldest first; of very many, the newest
   * @param problem empty when that is all; else why there may be others
   */
  record CheckpointsListed(NodeId node, List<Stored> stored, String problem) implements ToMaster {}

  /**
   * A checkpoint on storage.
   *
   * @param generation of the group that made it
   * @param step the last one in it
   */
  record Stored(Generation generation, long step) {}

  /**
   * A rank has room for a range of the step that it computes; answered by {@link ToAgent.Lend}.
   * Says that all steps before are committed.
   *
   * @param request 0-based within the step; the same again after no answer came
   * @param samples in one epoch, as the worker's trainer says
   * @param globalBatch samples per step, likewise
   */
  record TakeRange(
      WorkerId worker, Generation generation, long step, int request, long samples, int globalBatch)
      implements ToMaster {}

  /**
   * About ranges of a dataset that is known by its name; answered by {@link ToAgent.DatasetReply}.
   *
   * @param asker a member of {@code generation}, or a consumer outside of all groups, see {@link
   *     WorkerId#consumer}
   * @param generation of a consumer: the one that lent the range it speaks of, {@link
   *     Generation#NONE} when it speaks of none
   * @param step that the member computes; says that all before are committed
   * @param request 0-based within the generation, of a consumer within its life; the same again
   *     after no answer came
   */
  record DatasetRequest(
      WorkerId asker,
      Generation generation,
      long step,
      int request,
      String dataset,
      DatasetVerb verb,
      String partition,
      long from,
      long to,
      String text)
      implements ToMaster {}

  /** What a {@link DatasetRequest} asks for. Offsets of a stream, or positions of an epoch. */
  enum DatasetVerb {
    /** A member says what the dataset is and what of it is done: {@code text}. */
    OPEN("open"),
    /** A partition of a stream is there up to {@code to}. */
    OFFER("offer"),
    /** The next range, of {@code to} at most. */
    TAKE("take"),
    /** A range that was taken and is not used. */
    GIVE_BACK("giveBack"),
    /** A member uses, in its step, what the consumer named in {@code text} holds. */
    CLAIM("claim"),
    /** A consumer lives. */
    RENEW("renew"),
    /** A consumer is gone; not answered. */
    LEAVE("leave");

    private final String word;

    DatasetVerb(String word) {
      this.word = word;
    }

    /** As the worker protocol has it. */
    public String word() {
      return word;
    }

    /** Empty: no such word. */
    public static Optional<DatasetVerb> of(String word) {
      return Arrays.stream(values()).filter(verb -> verb.word.equals(word)).findFirst();
    }
  }

  /**
   * Answer to {@link ToAgent.OpenStore}.
   *
   * @param endpoint HOST:PORT that all ranks of the group reach
   * @param problem empty when it is open
   */
  record StoreOpened(NodeId node, Generation generation, String endpoint, String problem)
      implements ToMaster {}

  /**
   * Some ranks have come to this node's store, and others have not. For people; told again, ever
   * more rarely, until all have come.
   *
   * @param missing ascending; empty when it cannot be told which
   * @param waiting what those that came wait for, in words; empty: nothing
   * @param sinceNs how long the store has been open
   */
  record RanksMissing(
      NodeId node,
      Generation generation,
      int joined,
      List<Integer> missing,
      String waiting,
      long sinceNs)
      implements ToMaster {}

  /** The agent refused an order of an older generation or master. */
  record Refused(NodeId node, Generation generation, Generation seen, String what)
      implements ToMaster {}

  /** An operator asked for the end of the run on this node (signal to the agent). */
  record Leaving(NodeId node, String reason) implements ToMaster {}
}
