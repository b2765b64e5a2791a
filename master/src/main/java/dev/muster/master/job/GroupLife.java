package dev.muster.master.job;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.ToMaster;

/** What news of nodes and workers mean for the job's group. */
interface GroupLife {
  /** Starts what is missing and forms the next group if its members are there. */
  void gather(Effects<JobEvent> fx);

  /** The journal holds the decision to form {@code generation}. */
  void durable(Generation generation, Effects<JobEvent> fx);

  /** A new master took over: what the former one's group does is taken into a new generation. */
  void masterReplaced(Effects<JobEvent> fx);

  void workerReady(WorkerId worker, Effects<JobEvent> fx);

  /** A worker ended; it is already out of the fleet. */
  void exited(ToMaster.WorkerExited exited, Fleet.Worker worker, Effects<JobEvent> fx);

  /**
   * A worker is gone and nobody saw how; it is already out of the fleet.
   *
   * @param detectNs since its node was heard of last
   */
  void lost(Fleet.Worker worker, String text, long detectNs, Effects<JobEvent> fx);

  void hung(ToMaster.WorkerHung hung, Effects<JobEvent> fx);

  void revoked(ToMaster.Revoked revoked, Effects<JobEvent> fx);

  /** Only groups that use collectives of ours have flight recorders. */
  default void diagnosed(ToMaster.GroupDiagnosed diagnosed, Effects<JobEvent> fx) {}

  void reached(ToMaster.Reached reached, Effects<JobEvent> fx);

  default void fetching(ToMaster.Fetching fetching, Effects<JobEvent> fx) {}

  /** Only groups that hold a state have any. */
  default void restoreFailed(ToMaster.RestoreFailed failed, Effects<JobEvent> fx) {}

  default void checkpointsListed(ToMaster.CheckpointsListed listed, Effects<JobEvent> fx) {}

  /** Of its state. */
  default Checkpointing checkpoints() {
    return Checkpointing.NONE;
  }

  /** Only groups with steps use ranges. */
  default void take(ToMaster.TakeRange take, Effects<JobEvent> fx) {}

  /** Likewise, of datasets known by name. */
  default void asked(ToMaster.DatasetRequest ask, Effects<JobEvent> fx) {}

  /** Only plain commands meet at a store. */
  default void storeOpened(ToMaster.StoreOpened opened, Effects<JobEvent> fx) {}

  default void ranksMissing(ToMaster.RanksMissing told, Effects<JobEvent> fx) {}

  /** A node is linked again: repeat the order it may have missed. */
  void nodeBack(NodeId node, ToMaster.Register register, Effects<JobEvent> fx);

  void overdue(Generation generation, JobEvent.Wait awaited, Effects<JobEvent> fx);
}
