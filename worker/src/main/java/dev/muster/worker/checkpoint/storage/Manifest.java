package dev.muster.worker.checkpoint.storage;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Table of contents of a checkpoint: which file holds which box of which tensor. Written last; what
 * it says is checked by {@link ManifestCheck} when written and when read.
 *
 * @param format version of this form; readers refuse a newer one
 * @param job its name, for people
 * @param run that wrote it; nobody else takes it for his own
 * @param step the last one applied
 * @param worldSize of the group that wrote it
 * @param generation of that group
 * @param createdMs since 1970
 * @param shards of those ranks whose state no other rank's shard holds already; replicated tensors
 *     may be in one or in several
 */
public record Manifest(
    int format,
    String job,
    String run,
    long step,
    int worldSize,
    long generation,
    long createdMs,
    List<Shard> shards) {
  public static final int FORMAT = 1;

  /**
   * @param crc32c of all bytes of the file
   */
  public record Shard(int rank, String file, long sizeBytes, long crc32c, List<Tensor> tensors) {
    public Shard {
      tensors = List.copyOf(tensors);
    }
  }

  /**
   * @param name of the global tensor, unique within a shard
   * @param shape of the global tensor
   * @param box the part of it in this shard
   * @param offset in the file of the box's first byte; the box is row-major
   */
  public record Tensor(String name, ElementType dtype, List<Long> shape, Box box, long offset) {
    public Tensor {
      shape = List.copyOf(shape);
    }

    /**
     * @throws ArithmeticException more than a long counts
     */
    long sizeBytes() {
      return Math.multiplyExact(box.elements(), dtype.sizeBytes());
    }

    /** The array that stands for the box in the file. */
    TensorSpec inFile() {
      return new TensorSpec(name, dtype, box.shape());
    }
  }

  public Manifest {
    shards = List.copyOf(shards);
  }

  Set<String> files() {
    return shards.stream().map(Shard::file).collect(Collectors.toSet());
  }
}
