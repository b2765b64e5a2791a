package dev.muster.worker.checkpoint.storage;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Whether a manifest can be true: shards of different ranks, tensors within their files and apart
 * from each other, and for each tensor boxes that hold every element exactly once, or several times
 * as whole copies of a box. Pure.
 */
final class ManifestCheck {
  private final Map<String, List<Manifest.Tensor>> byName = new TreeMap<>();
  private final HashSet<Integer> ranks = new HashSet<>();

  private ManifestCheck() {}

  /**
   * @throws DamagedCheckpointException says the first contradiction
   */
  static void check(Manifest manifest) throws DamagedCheckpointException {
    try {
      new ManifestCheck().manifest(manifest);
    } catch (ArithmeticException e) {
      throw new DamagedCheckpointException(
          "tensor is larger than any file: step=" + manifest.step(), e);
    }
  }

  private void manifest(Manifest manifest) throws DamagedCheckpointException {
    require(
        manifest.format() == Manifest.FORMAT,
        "manifest of another format: expected=%s actual=%s",
        Manifest.FORMAT,
        manifest.format());
    require(
        manifest.step() >= 0 && manifest.generation() >= 0 && manifest.worldSize() > 0,
        "impossible manifest: step=%s generation=%s worldSize=%s",
        manifest.step(),
        manifest.generation(),
        manifest.worldSize());
    for (var shard : manifest.shards()) {
      shard(manifest, shard);
    }
    for (var tensor : byName.values()) {
      covered(tensor);
    }
  }

  private void shard(Manifest manifest, Manifest.Shard shard) throws DamagedCheckpointException {
    require(
        shard.rank() >= 0 && shard.rank() < manifest.worldSize() && ranks.add(shard.rank()),
        "expected one shard at most of each rank: worldSize=%s rank=%s",
        manifest.worldSize(),
        shard.rank());
    require(
        shard.file().equals(CheckpointStorage.shardFile(shard.rank(), manifest.generation())),
        "file name of another shard: expected=%s actual=%s",
        CheckpointStorage.shardFile(shard.rank(), manifest.generation()),
        shard.file());
    require(
        shard.crc32c() >= 0 && shard.crc32c() <= 0xffff_ffffL,
        "not a CRC32C: file=%s crc32c=%s",
        shard.file(),
        shard.crc32c());
    inFile(shard);
    for (var tensor : shard.tensors()) {
      tensor(shard, tensor);
    }
  }

  private static void inFile(Manifest.Shard shard) throws DamagedCheckpointException {
    var tensors = new ArrayList<>(shard.tensors());
    tensors.sort(
        Comparator.comparingLong(Manifest.Tensor::offset)
            .thenComparingLong(Manifest.Tensor::sizeBytes));
    long end = SafetensorsJson.LENGTH_BYTES;
    for (var tensor : tensors) {
      require(
          tensor.offset() >= end,
          "tensors overlap in their file: file=%s tensor=%s expectedOffset>=%s actualOffset=%s",
          shard.file(),
          tensor.name(),
          end,
          tensor.offset());
      end = Math.addExact(tensor.offset(), tensor.sizeBytes());
      require(
          end <= shard.sizeBytes(),
          "tensor beyond its file: file=%s tensor=%s endOffset=%s fileBytes=%s",
          shard.file(),
          tensor.name(),
          end,
          shard.sizeBytes());
    }
  }

  private void tensor(Manifest.Shard shard, Manifest.Tensor tensor)
      throws DamagedCheckpointException {
    require(
        tensor.shape().stream().allMatch(n -> n >= 0)
            && Box.whole(tensor.shape()).contains(tensor.box()),
        "box outside of its tensor: file=%s tensor=%s shape=%s box=%s",
        shard.file(),
        tensor.name(),
        tensor.shape(),
        tensor.box());
    var copies = byName.computeIfAbsent(tensor.name(), name -> new ArrayList<>());
    require(
        copies.isEmpty() || sameTensor(copies.getFirst(), tensor),
        "shards disagree on a tensor: file=%s tensor=%s expected=%s%s actual=%s%s",
        shard.file(),
        tensor.name(),
        copies.isEmpty() ? "" : copies.getFirst().dtype(),
        copies.isEmpty() ? "" : copies.getFirst().shape(),
        tensor.dtype(),
        tensor.shape());
    copies.add(tensor);
  }

  private static boolean sameTensor(Manifest.Tensor one, Manifest.Tensor other) {
    return one.dtype() == other.dtype() && one.shape().equals(other.shape());
  }

  /** Boxes inside the shape that do not overlap and are as many elements as it cover it. */
  private static void covered(List<Manifest.Tensor> pieces) throws DamagedCheckpointException {
    var tensor = pieces.getFirst();
    var boxes = new ArrayList<>(new HashSet<>(pieces.stream().map(Manifest.Tensor::box).toList()));
    boxes.removeIf(Box::isEmpty);
    var overlap = Overlap.first(boxes);
    require(
        overlap.isEmpty(),
        "boxes overlap: tensor=%s boxes=%s",
        tensor.name(),
        overlap.orElse(null));
    long expected = Box.whole(tensor.shape()).elements();
    long actual = boxes.stream().mapToLong(Box::elements).sum();
    require(
        actual == expected,
        "a part of a tensor is in no shard: tensor=%s shape=%s expectedElements=%s"
            + " actualElements=%s",
        tensor.name(),
        tensor.shape(),
        expected,
        actual);
  }

  private static void require(boolean holds, String statement, Object... values)
      throws DamagedCheckpointException {
    if (!holds) {
      throw new DamagedCheckpointException(statement.formatted(values));
    }
  }
}
