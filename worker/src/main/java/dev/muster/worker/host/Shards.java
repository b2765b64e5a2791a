package dev.muster.worker.host;

import dev.muster.protocol.job.JobSpec;
import dev.muster.worker.agent.AgentAction;
import dev.muster.worker.agent.AgentEvent;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import java.nio.file.Path;

/** From snapshots to checkpoints; blocks for as long as the storage takes. */
final class Shards {
  private Shards() {}

  static AgentEvent write(SnapshotPlaces places, Path storage, AgentAction.Persist a) {
    return new AgentEvent.ShardWritten(a.worker(), a.generation(), a.step(), "not yet", false);
  }

  static AgentEvent commit(Path storage, JobSpec job, AgentAction.CommitCheckpoint a) {
    return new AgentEvent.CheckpointCommitted(a.generation(), a.step(), "not yet");
  }
}
