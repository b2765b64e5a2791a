package dev.muster.worker.checkpoint.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.DType;
import dev.muster.worker.NamedTensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A small model's states for tests: per step another content, cut for any world size: one tensor by
 * its first dimension, one by its last, one replicated, one scalar.
 */
public final class Checkpoints {
  static final List<Long> ROWS = List.of(7L, 5L);
  static final List<Long> COLUMNS = List.of(3L, 8L);

  private Checkpoints() {}

  /** Writes and commits a checkpoint. */
  public static void write(CheckpointStorage storage, long step, long generation, int worldSize)
      throws IOException {
    for (int rank = 0; rank < worldSize; rank++) {
      writeRank(storage, step, generation, rank, worldSize);
    }
    new CheckpointWriter(storage).commitParts("job", "run-1", step, generation, worldSize);
  }

  public static void writeRank(
      CheckpointStorage storage, long step, long generation, int rank, int worldSize)
      throws IOException {
    var writer = new CheckpointWriter(storage);
    var shard = writer.writeShard(step, generation, rank, state(step, rank, worldSize));
    writer.writePart(step, generation, worldSize, shard);
  }

  static Manifest manifest(long step, long generation, int worldSize, List<Manifest.Shard> shards) {
    return new Manifest(Manifest.FORMAT, "job", "run-1", step, worldSize, generation, 1, shards);
  }

  /** What a rank holds at a step. */
  public static List<NamedTensor> state(long step, int rank, int worldSize) {
    var state = empty(rank, worldSize);
    for (var tensor : state) {
      BoxCopy.copy(
          MemorySegment.ofArray(whole(step, tensor)),
          Box.whole(shape(tensor)),
          tensor.memory(),
          Box.of(tensor.box()),
          tensor.dtype().sizeBytes());
    }
    return state;
  }

  /** The same tensors, all zero. */
  static List<NamedTensor> empty(int rank, int worldSize) {
    return List.of(
        tensor("rows", DType.FLOAT32, ROWS, 0, rank, worldSize),
        tensor("columns", DType.BFLOAT16, COLUMNS, 1, rank, worldSize),
        tensor("replica", DType.FLOAT64, List.of(3L), -1, rank, worldSize),
        tensor("scalar", DType.INT64, List.of(), -1, rank, worldSize));
  }

  private static NamedTensor tensor(
      String name, DType type, List<Long> shape, int cut, int rank, int worldSize) {
    var box = Box.whole(shape).bounds();
    if (cut >= 0) {
      long n = shape.get(cut);
      box[cut] = new long[] {n * rank / worldSize, n * (rank + 1) / worldSize};
    }
    var memory = Arena.ofAuto().allocate(Box.of(box).elements() * type.sizeBytes(), 8);
    long[] lengths = shape.stream().mapToLong(Long::longValue).toArray();
    return new NamedTensor(name, type, lengths, box, memory);
  }

  static byte[] whole(long step, NamedTensor tensor) {
    long elements = Box.whole(shape(tensor)).elements();
    var bytes = new byte[(int) elements * tensor.dtype().sizeBytes()];
    new Random(31 * step + tensor.name().hashCode()).nextBytes(bytes);
    return bytes;
  }

  static List<Long> shape(NamedTensor tensor) {
    return Arrays.stream(tensor.globalShape()).boxed().toList();
  }

  /** A group of another size gets from the checkpoint exactly what it would have had itself. */
  public static void assertRestores(CheckpointStorage storage, long step, int worldSize)
      throws IOException {
    try (var reader = CheckpointReader.open(storage, step)) {
      for (int rank = 0; rank < worldSize; rank++) {
        var expected = state(step, rank, worldSize);
        var actual = empty(rank, worldSize);
        for (int i = 0; i < actual.size(); i++) {
          reader.read(actual.get(i));
          assertThat(actual.get(i).memory().mismatch(expected.get(i).memory()))
              .as("step=%s rank=%s/%s tensor=%s", step, rank, worldSize, actual.get(i).name())
              .isEqualTo(-1);
        }
      }
    }
  }
}
