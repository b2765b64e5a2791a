package dev.muster.worker.checkpoint.storage;

import java.util.List;

/**
 * A tensor of a file.
 *
 * @param shape of the array in the file; empty for a scalar
 */
public record TensorSpec(String name, ElementType type, List<Long> shape) {
  public TensorSpec {
    shape = List.copyOf(shape);
    if (shape.stream().anyMatch(n -> n < 0)) {
      throw new IllegalArgumentException(
          "negative length in a shape: tensor=" + name + " shape=" + shape);
    }
  }

  /**
   * @throws ArithmeticException more than a long counts
   */
  public long sizeBytes() {
    long elements = Box.product(shape.stream().mapToLong(Long::longValue));
    return Math.multiplyExact(elements, type.sizeBytes());
  }
}
