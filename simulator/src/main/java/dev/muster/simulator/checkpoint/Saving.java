package dev.muster.simulator.checkpoint;

import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.message.ToAgent.Medium;

/**
 * Checkpoints that the job of a drill makes itself, and what moving its state costs: a declared
 * model, shown with every report.
 *
 * @param settings as the job has them
 * @param sharded whether every rank holds a part of the state only
 * @param bytesPerRank that a rank saves
 * @param copyPerSecond bytes of one rank, from its device or within its host's memory
 * @param hostCopyPerSecond bytes of all ranks of a host that save together; 0: each is as fast as
 *     it is alone
 * @param allocatePerSecond bytes of a host's memory that are written to for the first time, before
 *     they take the copy; 0: costs nothing
 * @param copySpread the slowest copy of a save takes so many times as long as the fastest
 * @param networkPerSecond bytes from one host's memory to another's
 * @param storagePerSecond bytes between one host and the storage, either way
 */
public record Saving(
    JobSpec.Checkpoint settings,
    boolean sharded,
    long bytesPerRank,
    long copyPerSecond,
    long hostCopyPerSecond,
    long allocatePerSecond,
    double copySpread,
    long networkPerSecond,
    long storagePerSecond) {
  public static final Saving OFF = new Saving(JobSpec.Checkpoint.OFF, false, 0, 1, 0, 0, 1, 1, 1);

  public boolean on() {
    return settings.saves();
  }

  /**
   * The fastest copy of a save into memory that is there.
   *
   * @param together ranks of one host that save at the same time
   */
  public long saveNs(int together) {
    long shared = hostCopyPerSecond == 0 ? copyPerSecond : hostCopyPerSecond / together;
    return ns(bytesPerRank, Math.max(1, Math.min(copyPerSecond, shared)));
  }

  /** More of it where the memory is new: a host clears that for all its ranks one by one. */
  public long allocateNs(int together) {
    return allocatePerSecond == 0 ? 0 : ns(together * bytesPerRank, allocatePerSecond);
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
   * computed, and is complete before that is agreed upon. Memory that is new holds them up longer.
   */
  public long stallNs(long stepNs, int together) {
    return heldUpNs((long) Math.ceil(copySpread * saveNs(together)), stepNs);
  }

  /** The same for a save that takes so long. */
  public static long heldUpNs(long saveNs, long stepNs) {
    return Math.max(0, saveNs + 1 - stepNs);
  }

  /** As a worker measures it: what is hidden of a copy takes something from the step, too. */
  public long blockedNs(long saveNs, long stepNs, int together) {
    long standsNs = Math.max(stallNs(stepNs, together), heldUpNs(saveNs, stepNs));
    return FromWorker.Saved.blockedNs(standsNs, saveNs(together));
  }

  private static long ns(long bytes, long perSecond) {
    return (long) (bytes * 1e9 / perSecond);
  }
}
