package dev.muster.worker.checkpoint.persist;

import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.snapshot.PinnedSnapshot;
import dev.muster.worker.checkpoint.snapshot.SnapshotDamagedException;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import dev.muster.worker.checkpoint.storage.CheckpointWriter;
import dev.muster.worker.checkpoint.storage.Manifest;
import java.io.IOException;
import java.util.List;

/**
 * Writes one rank's share of a checkpoint from its snapshot, and then its part. Background: blocks
 * for as long as the storage takes, during which the snapshot stays pinned, so its writer skips
 * saves that would go there. One use, one thread.
 */
public final class Persist {
  private final PinnedSnapshot snapshot;
  private final int shard;
  private final List<Share> shares;

  private Persist(PinnedSnapshot snapshot, int shard) {
    this.snapshot = snapshot;
    this.shard = shard;
    this.shares = Share.of(snapshot.layout(), shard, snapshot.point().worldSize());
  }

  /**
   * Verifies what will be written, writes it, and says so under the snapshot's step.
   *
   * @return the shard's entry of the manifest
   * @throws IOException the snapshot is damaged or was lost, or the storage failed; the checkpoint
   *     cannot be committed before this was called again with success
   */
  public static Manifest.Shard write(PinnedSnapshot snapshot, CheckpointWriter writer)
      throws IOException {
    return write(snapshot, snapshot.point().rank(), writer);
  }

  /**
   * The same for another rank, which is gone with its snapshot.
   *
   * @param shard the snapshot's own, or any if it is the whole state
   */
  public static Manifest.Shard write(PinnedSnapshot snapshot, int shard, CheckpointWriter writer)
      throws IOException {
    try {
      return new Persist(snapshot, shard).write(writer);
    } catch (SnapshotDamagedException | IllegalStateException e) {
      throw new IOException(
          "cannot write a shard: step="
              + snapshot.step()
              + " generation="
              + snapshot.generation()
              + " rank="
              + snapshot.point().rank()
              + " reason=["
              + e.getMessage()
              + "]; earlier checkpoints stay",
          e);
    }
  }

  private Manifest.Shard write(CheckpointWriter writer) throws IOException {
    shares.stream().map(Share::entry).distinct().forEach(e -> snapshot.verify(e, () -> {}));
    SnapshotPoint at = snapshot.point();
    var tensors = shares.stream().map(this::tensor).toList();
    var written = writer.writeShard(at.step(), at.generation(), shard, tensors, snapshot::renew);
    writer.writePart(at.step(), at.generation(), at.worldSize(), written);
    return written;
  }

  private NamedTensor tensor(Share share) {
    var memory = snapshot.data(share.entry()).asSlice(share.offset(), share.bytes());
    var entry = share.entry();
    return new NamedTensor(
        entry.name(), entry.dtype(), entry.globalShape(), share.box().bounds(), memory);
  }
}
