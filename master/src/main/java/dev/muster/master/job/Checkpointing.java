package dev.muster.master.job;

import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.ToMaster;

/** What becomes of a group's state beside its members. */
interface Checkpointing {
  /** Of a group that holds no state. */
  Checkpointing NONE = new Checkpointing() {};

  /**
   * Brings the newest step to storage and to peers; {@link Drain#release} follows.
   *
   * @return whether there is anything to wait for
   */
  default boolean saves(Effects<JobEvent> fx) {
    return false;
  }

  default void requested(JobEvent.CheckpointRequested request, Effects<JobEvent> fx) {
    fx.perform(
        new JobAction.Answer(
            request.request(), false, "a plain command holds no state that could be saved"));
  }

  default void persistDue(Effects<JobEvent> fx) {}

  default void copyDue(Effects<JobEvent> fx) {}

  default void shardsWritten(ToMaster.ShardsWritten written, Effects<JobEvent> fx) {}

  default void committed(ToMaster.CheckpointCommitted committed, Effects<JobEvent> fx) {}
}
