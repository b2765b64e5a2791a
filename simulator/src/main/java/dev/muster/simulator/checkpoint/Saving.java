package dev.muster.simulator.checkpoint;

import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.message.ToAgent.Medium;

/**
 * Checkpoints that the job of a drill makes itself, and what moving its state costs: a declared
 * model, shown with every report.
 *
 * @param settings as the job has them
 * @param sharded whether every rank holds a part of the state only
 * @param bytesPerRank that a rank saves
 * @param copyPerSecond bytes within a host's memory
 * @param networkPerSecond bytes from one host's memory to another's
 * @param storagePerSecond bytes between one host and the storage, either way
 */
public record Saving(
    JobSpec.Checkpoint settings,
    boolean sharded,
    long bytesPerRank,
    long copyPerSecond,
    long networkPerSecond,
    long storagePerSecond) {
  public static final Saving OFF = new Saving(JobSpec.Checkpoint.OFF, false, 0, 1, 1, 1);

  /** The slowest copy of a save takes so many times as long as the fastest. */
  public static final double SPREAD = 1.5;

  /** As {@code worker/runtime/SaveClock} has it. */
  private static final int HIDDEN_SHARE = 20;

  public boolean on() {
    return settings.saves();
  }

  public long saveNs() {
    return ns(bytesPerRank, copyPerSecond);
  }

  public long pushNs() {
    return ns(bytesPerRank, networkPerSecond);
  }

  /** One of so many shards: those of a replicated state divide it between them. */
  public long persistNs(int shards) {
    return ns(sharded ? bytesPerRank : bytesPerRank / shards, storagePerSecond);
  }

  public long readNs(Medium from) {
    return ns(bytesPerRank, from == Medium.MEMORY ? copyPerSecond : storagePerSecond);
  }

  /**
   * All ranks stand still after a step that is saved: a save goes on while the next step is
   * computed, and is complete before that is agreed upon.
   */
  public long stallNs(long stepNs) {
    return Math.max(0, (long) Math.ceil(SPREAD * saveNs()) + 1 - stepNs);
  }

  /** As a worker measures it: what is hidden of a copy takes something from the step, too. */
  public long blockedNs(long stepNs) {
    return Math.max(stallNs(stepNs), saveNs() / HIDDEN_SHARE);
  }

  private static long ns(long bytes, long perSecond) {
    return (long) (bytes * 1e9 / perSecond);
  }
}
