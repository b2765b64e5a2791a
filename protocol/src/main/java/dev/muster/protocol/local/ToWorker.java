package dev.muster.protocol.local;

import dev.muster.protocol.Nullable;
import java.util.List;
import java.util.Map;

/** What an agent tells a worker process over the Unix socket; see docs/worker-protocol.md. */
public sealed interface ToWorker extends LocalMessage {

  /**
   * Answer to hello.
   *
   * @param controlPage path of this worker's {@link ControlPage}
   * @param segmentDirectory where groups of this host keep their shared memory
   * @param sampleLog path of the file this worker appends its delivered samples to
   * @param snapshots folders of this node's snapshots: in shared memory, and on disk for when that
   *     is too small; empty: none are made
   * @param checkpoints folder of the checkpoints on storage; empty: there are none
   * @param data {@link #LEASED} when the ranks take ranges of each step; null is the same as {@link
   *     #STEP}
   * @param rangeSize most samples of such a range; null: only the master knows
   * @param listen address at which this worker is to accept ranks of other hosts, at any port;
   *     null: it is not
   * @param ranksKey what these prove themselves with, hex; null without {@code listen}
   * @param gpus {@code nccl} or {@code auto} when groups move tensors of GPUs, as in the job; null
   *     is the same as {@code off}
   */
  record Welcome(
      int version,
      String run,
      String controlPage,
      String segmentDirectory,
      String sampleLog,
      long seed,
      long steps,
      long sharedBytesPerRank,
      Map<String, String> settings,
      List<String> snapshots,
      String checkpoints,
      @Nullable String data,
      @Nullable Integer rangeSize,
      @Nullable String listen,
      @Nullable String ranksKey,
      @Nullable String gpus)
      implements ToWorker {
    public static final String STEP = "step";
    public static final String LEASED = "leased";

    /** Of a worker whose groups are of its own host. */
    public Welcome(
        int version,
        String run,
        String controlPage,
        String segmentDirectory,
        String sampleLog,
        long seed,
        long steps,
        long sharedBytesPerRank,
        Map<String, String> settings,
        List<String> snapshots,
        String checkpoints,
        String data,
        Integer rangeSize) {
      this(
          version,
          run,
          controlPage,
          segmentDirectory,
          sampleLog,
          seed,
          steps,
          sharedBytesPerRank,
          settings,
          snapshots,
          checkpoints,
          data,
          rangeSize,
          null,
          null,
          null);
    }

    /** Without snapshots. */
    public Welcome(
        int version,
        String run,
        String controlPage,
        String segmentDirectory,
        String sampleLog,
        long seed,
        long steps,
        long sharedBytesPerRank,
        Map<String, String> settings) {
      this(
          version,
          run,
          controlPage,
          segmentDirectory,
          sampleLog,
          seed,
          steps,
          sharedBytesPerRank,
          settings,
          List.of(),
          "",
          STEP,
          null);
    }

    public boolean leased() {
      return LEASED.equals(data);
    }
  }

  /**
   * Enter a group; see {@code ToAgent.Form}. Supersedes any older one.
   *
   * @param restoreFrom {@link #MEMORY} or {@link #STORAGE}: the source rank, or without one each
   *     rank in {@code needState}, reads the state of {@code startStep} there first; null: nowhere
   * @param restoreGeneration of the group that saved it
   * @param saveEvery save a snapshot at multiples of it, and at the last step; 0: this worker saves
   *     none
   * @param shard 0-based number of this worker's snapshot among the {@code shards} of a step
   * @param hosts names of the hosts that the group spans, in the order of their lowest ranks; null:
   *     all ranks are on this host
   * @param leaders HOST:PORT where the lowest rank of each host accepts ranks of other hosts
   * @param hostOf index in {@code hosts} by rank
   * @param device number of the GPU that this member is to use, no other member of this node's has
   *     it; null: the job's groups use none
   */
  record Form(
      long generation,
      int rank,
      int worldSize,
      int localRank,
      long startStep,
      int sourceRank,
      List<Integer> needState,
      @Nullable String restoreFrom,
      long restoreGeneration,
      int saveEvery,
      int shard,
      int shards,
      @Nullable List<String> hosts,
      @Nullable List<String> leaders,
      @Nullable List<Integer> hostOf,
      @Nullable Integer device)
      implements ToWorker {
    public static final String MEMORY = "memory";
    public static final String STORAGE = "storage";

    /** With all ranks on one host. */
    public Form(
        long generation,
        int rank,
        int worldSize,
        int localRank,
        long startStep,
        int sourceRank,
        List<Integer> needState,
        String restoreFrom,
        long restoreGeneration,
        int saveEvery,
        int shard,
        int shards) {
      this(
          generation,
          rank,
          worldSize,
          localRank,
          startStep,
          sourceRank,
          needState,
          restoreFrom,
          restoreGeneration,
          saveEvery,
          shard,
          shards,
          null,
          null,
          null,
          null);
    }

    /** From members that live, or afresh; without snapshots. */
    public Form(
        long generation,
        int rank,
        int worldSize,
        int localRank,
        long startStep,
        int sourceRank,
        List<Integer> needState) {
      this(
          generation,
          rank,
          worldSize,
          localRank,
          startStep,
          sourceRank,
          needState,
          null,
          0,
          0,
          0,
          0);
    }

    /** The same group, over several hosts. */
    public Form over(List<String> names, List<String> endpoints, List<Integer> hostByRank) {
      return new Form(
          generation,
          rank,
          worldSize,
          localRank,
          startStep,
          sourceRank,
          needState,
          restoreFrom,
          restoreGeneration,
          saveEvery,
          shard,
          shards,
          names,
          endpoints,
          hostByRank,
          device);
    }

    /** The same, with a GPU for this member. */
    public Form on(int gpu) {
      return new Form(
          generation,
          rank,
          worldSize,
          localRank,
          startStep,
          sourceRank,
          needState,
          restoreFrom,
          restoreGeneration,
          saveEvery,
          shard,
          shards,
          hosts,
          leaders,
          hostOf,
          gpu);
    }
  }

  /**
   * Another interval of {@link Form#saveEvery}. Ranks that save together change it together, at a
   * save; until all have heard, none does.
   */
  record SaveEvery(long generation, int steps) implements ToWorker {}

  /**
   * The generation is over (its group is already revoked in shared memory); unwind and answer
   * {@code left}.
   */
  record Revoke(long generation, String reason) implements ToWorker {}

  /**
   * Answer to {@link FromWorker.TakeRange}.
   *
   * @param from first position within the epoch's order
   * @param count of samples; 0: the step has none left
   * @param problem empty, or why this worker will never get any
   */
  record Range(
      long generation, long step, int request, long epoch, long from, int count, String problem)
      implements ToWorker {}

  /**
   * Answer to {@link FromWorker.DatasetRequest}.
   *
   * @param generation the group that the range is lent within
   * @param request whose answer it is
   * @param from first offset or position
   * @param to behind the last one; {@code from}: nothing
   * @param text the dataset's definition
   * @param problem empty, or why not
   */
  record DatasetReply(
      long generation,
      int request,
      String partition,
      long from,
      long to,
      String text,
      String problem)
      implements ToWorker {}

  /** Leave at the next step boundary and exit with 0. */
  record Stop(String reason) implements ToWorker {}
}
