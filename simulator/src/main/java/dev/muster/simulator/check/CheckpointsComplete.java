package dev.muster.simulator.check;

import dev.muster.simulator.checkpoint.Part;
import dev.muster.simulator.checkpoint.SharedStorage;
import dev.muster.simulator.checkpoint.StateId;

/** A committed checkpoint holds every shard of the one state that it is named after. */
final class CheckpointsComplete extends Invariant {
  @Override
  public void checkpointed(long nowNs, SharedStorage.Checkpoint checkpoint) {
    var named = new StateId(checkpoint.generation(), checkpoint.step());
    int shards = checkpoint.parts().size();
    for (int shard = 0; shard < shards; shard++) {
      var expected = new Part(named, shard, shards);
      if (!expected.equals(checkpoint.parts().get(shard))) {
        violated(
            nowNs,
            "a checkpoint is not what it is named after: expected=%s actual=%s"
                .formatted(expected, checkpoint.parts().get(shard)));
      }
    }
  }
}
