package dev.muster.worker.checkpoint.storage;

import dev.muster.worker.NamedTensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes checkpoints: each rank its shard and then its part, one process the manifest out of all
 * parts. Blocks for as long as the storage takes; any thread, also interrupted ones, which ends the
 * write with an error.
 */
public final class CheckpointWriter {
  /** Small enough for a lease to be prolonged in time, also on a slow disk. */
  private static final long PIECE_BYTES = 8 << 20;

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
    return writeShard(step, generation, rank, tensors, () -> {});
  }

  /**
   * The same, from memory that is lent.
   *
   * @param stillThere called after each piece; throws when what was read before may have changed
   */
  public Manifest.Shard writeShard(
      long step, long generation, int rank, List<NamedTensor> tensors, Runnable stillThere)
      throws IOException {
    var file = CheckpointStorage.shardFile(rank, generation);
    var byName = byName(tensors);
    var metadata = Map.of("step", "" + step, "generation", "" + generation, "rank", "" + rank);
    var header =
        SafetensorsHeader.layOut(
            tensors.stream().map(t -> entry(t, 0).inFile()).toList(), metadata);
    try (var out = storage.put(step, file)) {
      var checked = new ChecksumChannel(out);
      var writer = new SafetensorsWriter(checked, header);
      for (var placed : header.tensors()) {
        var name = placed.spec().name();
        write(writer, name, byName.get(name).memory(), stillThere);
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

  private static void write(
      SafetensorsWriter writer, String name, MemorySegment memory, Runnable stillThere)
      throws IOException {
    for (long at = 0; at < memory.byteSize(); at += PIECE_BYTES) {
      writer.write(name, memory.asSlice(at, Math.min(PIECE_BYTES, memory.byteSize() - at)));
      stillThere.run();
    }
  }

  /**
   * Says that a rank has written its shard, which must be finished.
   *
   * @param worldSize how many shards there will be
   * @throws IOException indefinite: it may have been said
   */
  public void writePart(long step, long generation, int worldSize, Manifest.Shard shard)
      throws IOException {
    var part = new Part(Manifest.FORMAT, step, worldSize, generation, shard);
    try (var out = storage.put(step, part.file())) {
      for (var bytes = ByteBuffer.wrap(ManifestJson.encode(part)); bytes.hasRemaining(); ) {
        out.write(bytes);
      }
      out.finish();
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
   * Makes the shards a checkpoint for which every rank of one group has left its part; may be
   * called again when nobody knows how it ended.
   *
   * @param job its name, for people
   * @param run whose checkpoint it is
   * @return the manifest that is stored now
   * @throws DamagedCheckpointException a part is missing or of another group, a shard is not as its
   *     part says, or they do not make up whole tensors; nothing was written
   * @throws IOException indefinite: the checkpoint may be there, and is whole then
   */
  public Manifest commitParts(String job, String run, long step, long generation, int worldSize)
      throws IOException {
    var committed = committed(step);
    if (committed.filter(m -> m.generation() == generation).isPresent()) {
      return committed.get();
    }
    var parts = new Parts(storage, step, generation, worldSize);
    var manifest = parts.manifest(job, run, System.currentTimeMillis());
    commit(manifest);
    return manifest;
  }

  private Optional<Manifest> committed(long step) throws IOException {
    try {
      return Optional.of(CheckpointReader.manifest(storage, step));
    } catch (NoSuchFileException | DamagedCheckpointException none) {
      return Optional.empty();
    }
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
