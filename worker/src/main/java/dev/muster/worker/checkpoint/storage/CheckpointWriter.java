package dev.muster.worker.checkpoint.storage;

import dev.muster.worker.NamedTensor;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes checkpoints: each rank its shard, then one of them, or another process, the manifest with
 * what the ranks returned. Blocks for as long as the storage takes; any thread, also interrupted
 * ones, which ends the write with an error.
 */
public final class CheckpointWriter {
  private static final Logger LOG = LoggerFactory.getLogger(CheckpointWriter.class);

  private final CheckpointStorage storage;

  public CheckpointWriter(CheckpointStorage storage) {
    this.storage = storage;
  }

  /**
   * Writes one rank's shard; not yet part of a checkpoint.
   *
   * @param step the last one in the tensors
   * @param tensors a snapshot: their memory does not change until this returns
   * @return the shard's entry of the manifest
   * @throws IOException definite for the checkpoint, which cannot be committed without this shard;
   *     earlier ones stay
   */
  public Manifest.Shard writeShard(long step, long generation, int rank, List<NamedTensor> tensors)
      throws IOException {
    var file = CheckpointStorage.shardFile(rank);
    var byName = byName(tensors);
    var metadata = Map.of("step", "" + step, "generation", "" + generation, "rank", "" + rank);
    var header =
        SafetensorsHeader.layOut(
            tensors.stream().map(t -> entry(t, 0).inFile()).toList(), metadata);
    try (var out = storage.put(step, generation, file)) {
      var checked = new ChecksumChannel(out);
      var writer = new SafetensorsWriter(checked, header);
      for (var placed : header.tensors()) {
        var name = placed.spec().name();
        writer.write(name, byName.get(name).memory());
      }
      writer.finish();
      out.finish();
      var entries =
          header.tensors().stream()
              .map(p -> entry(byName.get(p.spec().name()), header.dataStart() + p.offset()))
              .toList();
      return new Manifest.Shard(rank, file, checked.sizeBytes(), checked.crc32c(), entries);
    }
  }

  private static Map<String, NamedTensor> byName(List<NamedTensor> tensors) {
    var byName = new LinkedHashMap<String, NamedTensor>();
    for (var tensor : tensors) {
      var box = Box.of(tensor.box());
      BoxCopy.requireSize(tensor.name(), tensor.memory(), box, tensor.dtype().sizeBytes());
      byName.put(tensor.name(), tensor);
    }
    return byName;
  }

  private static Manifest.Tensor entry(NamedTensor tensor, long offset) {
    return new Manifest.Tensor(
        tensor.name(),
        ElementType.of(tensor.dtype()),
        Arrays.stream(tensor.globalShape()).boxed().toList(),
        Box.of(tensor.box()),
        offset);
  }

  /**
   * Makes the shards a checkpoint. Removes earlier steps that were never committed.
   *
   * @throws DamagedCheckpointException the shards do not make up whole tensors; nothing was written
   * @throws IOException indefinite: the checkpoint may be there, and is whole then
   */
  public void commit(Manifest manifest) throws IOException {
    ManifestCheck.check(manifest);
    removeLeftovers(manifest.step());
    storage.commit(manifest.step(), manifest.files(), ManifestJson.encode(manifest));
  }

  /** What cannot be removed costs space, not the checkpoint. */
  private void removeLeftovers(long step) {
    try {
      var removed = storage.removeUncommitted(step);
      if (!removed.isEmpty()) {
        LOG.info("removed what unfinished checkpoints left: steps={}", removed);
      }
    } catch (IOException e) {
      LOG.warn(
          "cannot remove what unfinished checkpoints left: beforeStep={} reason={}",
          step,
          e.toString());
    }
  }
}
