package dev.muster.protocol.local;

import dev.muster.protocol.Nullable;
import java.util.List;

/** What a worker process tells its agent over the Unix socket; see docs/worker-protocol.md. */
public sealed interface FromWorker extends LocalMessage {

  /**
   * First message.
   *
   * @param version of this protocol, {@link LocalMessage#VERSION}
   * @param worker its id, from MUSTER_WORKER
   * @param token from MUSTER_TOKEN; wrong: the connection is closed
   * @param stepThreadId kernel thread id of the step thread, 0 if unknown
   */
  record Hello(int version, String worker, String token, long pid, long stepThreadId)
      implements FromWorker {}

  /**
   * Libraries are loaded, the trainer is built: it can join a group.
   *
   * @param unit what its throughput counts, for example {@code tokens}
   * @param state {@link #SHARDED} when this worker holds a part of the state only; null is the same
   *     as {@link #REPLICATED}
   * @param endpoint HOST:PORT where ranks of other hosts reach this one; null: nowhere
   */
  record Ready(String unit, @Nullable String state, @Nullable String endpoint)
      implements FromWorker {
    public static final String SHARDED = "sharded";
    public static final String REPLICATED = "replicated";

    /** That ranks of other hosts cannot reach. */
    public Ready(String unit, String state) {
      this(unit, state, null);
    }

    /** With a replicated state. */
    public Ready(String unit) {
      this(unit, REPLICATED);
    }

    public boolean sharded() {
      return SHARDED.equals(state);
    }
  }

  record Joined(long generation) implements FromWorker {}

  record Restored(long generation, long step) implements FromWorker {}

  /**
   * First committed step of a generation, the last one if none was left; later ones show in the
   * control page only.
   */
  record Stepped(long generation, long step) implements FromWorker {}

  /**
   * A snapshot of this step is complete in the host's memory.
   *
   * @param blockedNs by which it delayed the step after it; null: not measured, then the interval
   *     stays as it is
   * @param stepNs of a step; null likewise
   */
  record Saved(long generation, long step, @Nullable Long blockedNs, @Nullable Long stepNs)
      implements FromWorker {
    /**
     * Least share of a copy that counts, as one part in so many: also one that is hidden takes
     * processor and memory from the step beside it. A convention, the same as for rounds to
     * storage.
     */
    private static final int SEEN_SHARE = 20;

    /**
     * By how much a save delays training.
     *
     * @param waitedNs in which the step thread did nothing else
     * @param copyNs of the copy, hidden or not
     */
    public static long blockedNs(long waitedNs, long copyNs) {
      return Math.max(waitedNs, copyNs / SEEN_SHARE);
    }

    /** That was not measured. */
    public Saved(long generation, long step) {
      this(generation, step, null, null);
    }
  }

  /**
   * Has room for a range of this step; answered by {@link ToWorker.Range}.
   *
   * @param request 0-based within the step; may be asked again when no answer comes
   * @param samples in one epoch
   * @param globalBatch samples per step over all ranks
   */
  record TakeRange(long generation, long step, int request, long samples, int globalBatch)
      implements FromWorker {}

  /**
   * About ranges of a dataset that is known by its name; answered by {@link ToWorker.DatasetReply}.
   *
   * @param generation of the group; 0 from a consumer outside of it
   * @param step that the worker computes; 0 from a consumer
   * @param request 0-based within the generation, of a consumer within its connection; may be asked
   *     again when no answer comes
   * @param verb what it asks for, see docs/worker-protocol.md
   * @param text what goes with the verb
   */
  record DatasetRequest(
      long generation,
      long step,
      int request,
      String dataset,
      String verb,
      String partition,
      long from,
      long to,
      String text)
      implements FromWorker {}

  /**
   * A snapshot that was due is not there and does not come. Told of the first such step of a
   * generation, after which this worker tries no other, and of the last step of the training.
   */
  record SaveFailed(long generation, long step, String problem) implements FromWorker {}

  /**
   * What the group was to start from cannot be read; this worker holds no state and has ended the
   * group.
   */
  record RestoreFailed(long generation, String problem) implements FromWorker {}

  /** Unwound after a revoke; {@code appliedStep} is the state it holds. */
  record Left(long generation, long appliedStep) implements FromWorker {}

  /** The user's code threw; the process exits with 1 right after. */
  record Failed(long generation, long step, String error) implements FromWorker {}

  /**
   * @param loss final held-out loss; null if there is none (JSON has no NaN)
   */
  record Finished(
      long generation,
      long step,
      @Nullable Double loss,
      String parametersDigest,
      List<String> report)
      implements FromWorker {}
}
