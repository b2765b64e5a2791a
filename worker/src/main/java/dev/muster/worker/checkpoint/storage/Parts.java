package dev.muster.worker.checkpoint.storage;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The parts that the ranks of one group have left under a step, as a manifest. */
final class Parts {
  private static final long BYTES_MAX = 1 << 30;

  private final CheckpointStorage storage;
  private final long step;
  private final long generation;
  private final int worldSize;

  Parts(CheckpointStorage storage, long step, long generation, int worldSize) {
    this.storage = storage;
    this.step = step;
    this.generation = generation;
    this.worldSize = worldSize;
  }

  /**
   * @throws DamagedCheckpointException one is missing, is none, or its shard is not there as it
   *     says
   */
  Manifest manifest(String job, String run, long createdMs) throws IOException {
    requireAll();
    var shards = new ArrayList<Manifest.Shard>();
    for (int rank = 0; rank < worldSize; rank++) {
      shards.add(read(rank).shard());
    }
    var manifest =
        new Manifest(Manifest.FORMAT, job, run, step, worldSize, generation, createdMs, shards);
    requireShards(manifest);
    return manifest;
  }

  private void requireAll() throws IOException {
    var found = storage.files(step).stream().map(CheckpointStorage.Stored::file).toList();
    List<String> missing =
        IntStream.range(0, worldSize)
            .mapToObj(rank -> CheckpointStorage.partFile(rank, generation))
            .filter(file -> !found.contains(file))
            .toList();
    if (!missing.isEmpty()) {
      throw new DamagedCheckpointException(
          "cannot commit checkpoint: step="
              + step
              + " generation="
              + generation
              + " worldSize="
              + worldSize
              + " missing="
              + missing
              + " found="
              + found.stream().filter(StorageNames::part).toList()
              + "; every rank of one group must have written its shard, the former checkpoint"
              + " stays");
    }
  }

  private Part read(int rank) throws IOException {
    try (var file = storage.open(step, CheckpointStorage.partFile(rank, generation))) {
      var json = new byte[Math.toIntExact(Math.min(file.sizeBytes(), BYTES_MAX))];
      file.read(0, MemorySegment.ofArray(json));
      var part = ManifestJson.decodePart(file.name(), json);
      require(file.name(), rank, part);
      return part;
    } catch (NoSuchFileException gone) {
      throw new DamagedCheckpointException("a part went away: " + gone.getMessage(), gone);
    }
  }

  private void require(String name, int rank, Part part) throws DamagedCheckpointException {
    var expected = new Part(Manifest.FORMAT, step, worldSize, generation, part.shard());
    if (!part.equals(expected) || part.shard().rank() != rank) {
      throw new DamagedCheckpointException(
          "part of another shard: file="
              + name
              + " expected=[step="
              + step
              + " generation="
              + generation
              + " worldSize="
              + worldSize
              + " rank="
              + rank
              + "] actual=[step="
              + part.step()
              + " generation="
              + part.generation()
              + " worldSize="
              + part.worldSize()
              + " rank="
              + part.shard().rank()
              + "]");
    }
  }

  private void requireShards(Manifest manifest) throws IOException {
    ManifestCheck.check(manifest);
    var verification = Verifier.verify(storage, manifest, Verification.Depth.SIZES, s -> true);
    if (!verification.valid()) {
      throw new DamagedCheckpointException(
          "cannot commit checkpoint: step=" + step + " reason=" + verification.reason());
    }
  }
}
