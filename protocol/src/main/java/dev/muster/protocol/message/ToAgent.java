package dev.muster.protocol.message;

import dev.muster.protocol.Generation;
import dev.muster.protocol.Group;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.Nullable;
import dev.muster.protocol.RunId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.job.JobSpec;
import java.util.Collections;
import java.util.List;

/**
 * What the master orders. Every order that concerns a group carries its generation; agents refuse
 * older ones.
 */
public sealed interface ToAgent extends Message {

  /**
   * Answer to {@link ToMaster.Register}.
   *
   * @param masterIncarnation grows with every start of the master
   * @param leaseNs the agent stops its ranks when this long passes without a renewed lease
   */
  record Welcome(RunId run, long masterIncarnation, long leaseNs, long beatNs, JobSpec job)
      implements ToAgent {}

  /**
   * Answer to the beat with this sequence; the lease counts from when that beat was sent, by the
   * agent's clock.
   *
   * @param generation the newest generation the master has formed or revoked
   */
  record Lease(long sequence, Generation generation) implements ToAgent {}

  /**
   * Start one worker process.
   *
   * @param place for a plain command its fixed place; absent (null) for workers that join groups
   *     later
   */
  record Launch(WorkerId worker, @Nullable Place place) implements ToAgent {}

  /**
   * Place of a plain command in its group: becomes RANK, LOCAL_RANK, WORLD_SIZE and so on.
   *
   * @param restarts how many times the whole group was restarted
   * @param store HOST:PORT where its ranks meet; empty: rank 0 serves the store itself
   */
  record Place(
      Generation generation,
      int rank,
      int worldSize,
      int localRank,
      int localWorldSize,
      int groupRank,
      int groupWorldSize,
      int restarts,
      String store) {}

  /**
   * Serve the store at which the plain commands of a generation meet, on a port that no generation
   * before had; answered by {@link ToMaster.StoreOpened}. Closes that of an older one.
   *
   * @param hosts addresses of the other nodes of the group; empty: all ranks are on this one
   */
  record OpenStore(Generation generation, int worldSize, List<String> hosts) implements ToAgent {}

  /** The ranks of this generation are gone, or not heard of any more. */
  record CloseStore(Generation generation) implements ToAgent {}

  /**
   * Enter a group.
   *
   * @param startStep last committed step the group goes on from, 0 for a fresh start
   * @param sourceRank a member that passes the state of {@code startStep} on; -1 when none does
   * @param needState ranks that must take the state from the source, ascending
   * @param restore from where the source, or without one each rank in {@code needState}, reads the
   *     state first; null when the source holds it, or for a fresh start
   * @param hosts the machines of the members, in the order of their lowest ranks; empty: all share
   *     one machine's memory
   * @param saveEvery snapshots are made of steps that are multiples of it, until {@link SaveEvery}
   *     says otherwise; 0: none are
   */
  record Form(
      Group group,
      long startStep,
      int sourceRank,
      List<Integer> needState,
      @Nullable Restore restore,
      List<HostPart> hosts,
      int saveEvery)
      implements ToAgent {
    /** Of members that share one machine's memory and make no snapshots. */
    public Form(
        Group group, long startStep, int sourceRank, List<Integer> needState, Restore restore) {
      this(group, startStep, sourceRank, needState, restore, List.of(), 0);
    }

    /** From members that live, or afresh. */
    public Form(Group group, long startStep, int sourceRank, List<Integer> needState) {
      this(group, startStep, sourceRank, needState, null);
    }

    /** The same, over these machines. */
    public Form over(List<HostPart> machines) {
      return new Form(group, startStep, sourceRank, needState, restore, machines, saveEvery);
    }

    /** The same, with snapshots. */
    public Form saving(int every) {
      return new Form(group, startStep, sourceRank, needState, restore, hosts, every);
    }

    /** Whether {@code rank} must take the state from the source. */
    public boolean needsState(int rank) {
      return Collections.binarySearch(needState, rank) >= 0;
    }
  }

  /**
   * The members of a group on one machine: those of these nodes.
   *
   * @param nodes in the order of their first ranks; the first one names the part
   * @param leader HOST:PORT where its lowest rank is reached; empty: nowhere
   */
  record HostPart(List<NodeId> nodes, String leader) {
    public String name() {
      return nodes.getFirst().name();
    }
  }

  /**
   * A state that no member holds any more.
   *
   * @param generation of the group that saved it
   */
  record Restore(Medium from, Generation generation) {}

  /** Where a saved state lies. */
  enum Medium {
    /** snapshots in the memory of hosts */
    MEMORY,
    /** a committed checkpoint */
    STORAGE
  }

  /**
   * From now on snapshots are made of steps that are multiples of {@code steps}. One of the former
   * interval and this one is a multiple of the other, so those of the longer one are made by all,
   * also while some have not heard it.
   */
  record SaveEvery(Generation generation, int steps) implements ToAgent {}

  /**
   * Write the snapshots of a step that is still to come to storage; answered by {@link
   * ToMaster.ShardsWritten}.
   */
  record Persist(Generation generation, long step) implements ToAgent {}

  /**
   * Push the snapshots of a step that is still to come to these peers; answered by {@link
   * ToMaster.ShardsWritten}.
   *
   * @param peers none: this node has nobody to push to
   * @param completed how many steps of this generation have arrived at the peers of all nodes
   */
  record Copy(Generation generation, long step, List<Peer> peers, int completed)
      implements ToAgent {}

  /**
   * Where snapshots can be pushed and fetched.
   *
   * @param address HOST:PORT
   */
  record Peer(NodeId node, String address) {}

  /**
   * Before the {@link Form} of {@code generation} is passed on: fetch these snapshots, which its
   * local members are to restore from.
   *
   * @param savedBy generation of the group that saved them
   * @param shards of how many they are some
   */
  record Fetch(
      Generation generation, Generation savedBy, long step, int shards, List<ShardAt> wanted)
      implements ToAgent {}

  /** A shard, and a node that holds it. */
  record ShardAt(int shard, Peer holder) {}

  /**
   * All shards of a checkpoint are written: make it one. Answered by {@link
   * ToMaster.CheckpointCommitted}.
   *
   * @param shards how many there are
   */
  record CommitCheckpoint(Generation generation, long step, int shards) implements ToAgent {}

  /**
   * The job ends: write these shards of a state in this node's memory to storage; answered by
   * {@link ToMaster.Salvaged}.
   *
   * @param order number of the answer
   * @param savedBy generation of the group that saved it
   * @param shards of how many they are some
   */
  record Salvage(long order, Generation savedBy, long step, int shards, List<Cut> cuts)
      implements ToAgent {}

  /**
   * A shard to write, and the snapshot that it is taken from.
   *
   * @param shard 0-based place among the shards of the checkpoint
   * @param snapshot place of the snapshot, the same one; any where each snapshot is the whole state
   */
  record Cut(int shard, int snapshot) {}

  /** Look what is on storage; answered by {@link ToMaster.CheckpointsListed}. */
  record ListCheckpoints() implements ToAgent {}

  /**
   * Answer to {@link ToMaster.TakeRange}.
   *
   * @param from first position within the epoch's order
   * @param count of samples; 0: the step has none left
   * @param problem empty, or why this worker will never get any
   */
  record Lend(
      WorkerId worker,
      Generation generation,
      long step,
      int request,
      long epoch,
      long from,
      int count,
      String problem)
      implements ToAgent {}

  /**
   * Answer to {@link ToMaster.DatasetRequest}.
   *
   * @param generation the group that the range is lent within
   * @param from first offset or position
   * @param to behind the last one; {@code from}: nothing
   * @param text the dataset's definition
   * @param problem empty, or why not
   */
  record DatasetReply(
      WorkerId asker,
      Generation generation,
      int request,
      String partition,
      long from,
      long to,
      String text,
      String problem)
      implements ToAgent {}

  /**
   * Let no member commit any further in {@code generation} or an older one; answered by {@link
   * ToMaster.Revoked}.
   */
  record Revoke(Generation generation, String reason) implements ToAgent {}

  /**
   * End one worker process: SIGTERM, grace, SIGKILL, on its process group; 0 grace is SIGKILL at
   * once.
   */
  record Kill(WorkerId worker, long graceNs, String reason) implements ToAgent {}

  /** End all workers, then the agent. */
  record Shutdown(long graceNs, String reason) implements ToAgent {}
}
