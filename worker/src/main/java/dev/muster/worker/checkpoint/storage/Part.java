package dev.muster.worker.checkpoint.storage;

/**
 * What a rank says of its shard once that is finished: its entry of the manifest, and which group
 * it belongs to. A step can be committed when every rank of one group has left its part.
 *
 * @param format version of this form, that of the {@link Manifest}
 * @param step the last one applied
 * @param worldSize of the group
 * @param generation of that group
 */
public record Part(int format, long step, int worldSize, long generation, Manifest.Shard shard) {
  /** The file it belongs in. */
  String file() {
    return CheckpointStorage.partFile(shard.rank(), generation);
  }
}
