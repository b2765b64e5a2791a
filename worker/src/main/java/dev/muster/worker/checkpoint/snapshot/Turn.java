package dev.muster.worker.checkpoint.snapshot;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Which buffer of a file the next snapshot goes to: never to that of the newest complete one. Of
 * the others first where space is taken already, then where no snapshot is, then where the oldest
 * is; so two take turns, and the third takes space once a reader holds the one whose turn it is: a
 * snapshot on its way to storage or to a peer keeps nobody from saving. Once taken, its space
 * stays.
 */
final class Turn {
  private final List<SnapshotBuffer> order;
  private final List<String> inTheWay = new ArrayList<>();

  private Turn(List<SnapshotBuffer> order) {
    this.order = order;
  }

  /** Of a snapshot like that in a file. */
  static Turn in(SnapshotFile file, SnapshotBuffer.Header header) {
    return new Turn(order(file, header.bytes()));
  }

  /** There is no choice: it is to be replaced. */
  static Turn of(SnapshotBuffer buffer) {
    return new Turn(List.of(buffer));
  }

  /** The two that take turns as long as nobody reads. */
  static List<SnapshotBuffer> usual(SnapshotFile file, long bytes) {
    var usual = new ArrayList<SnapshotBuffer>();
    newest(file).ifPresent(usual::add);
    order(file, bytes).stream().limit(2 - usual.size()).forEach(usual::add);
    return usual;
  }

  private static List<SnapshotBuffer> order(SnapshotFile file, long bytes) {
    var newest = newest(file);
    return file.buffers().stream()
        .filter(buffer -> newest.filter(buffer::equals).isEmpty())
        .sorted(
            Comparator.comparingLong((SnapshotBuffer b) -> Math.max(0, bytes - b.takenBytes()))
                .thenComparingLong(SnapshotBuffer::sequence))
        .toList();
  }

  private static Optional<SnapshotBuffer> newest(SnapshotFile file) {
    return file.buffers().stream()
        .filter(buffer -> buffer.sequence() >= 0)
        .max(Comparator.comparingLong(SnapshotBuffer::sequence));
  }

  /**
   * From here on nobody reads the buffer.
   *
   * @param space takes what the buffer lacks, or throws
   * @return empty: {@link #inTheWay}, nothing has changed
   * @throws IllegalStateException there is no space, and nobody reads
   */
  Optional<SnapshotBuffer> reserve(Consumer<SnapshotBuffer> space) {
    for (var buffer : order) {
      OptionalLong reader = buffer.reserve();
      if (reader.isPresent()) {
        inTheWay.add("a reader holds " + buffer + ": pid=" + reader.getAsLong());
      } else if (taken(buffer, space)) {
        return Optional.of(buffer);
      }
    }
    return Optional.empty();
  }

  /** What a reader is in the way of is worth waiting for it, not an error. */
  private boolean taken(SnapshotBuffer buffer, Consumer<SnapshotBuffer> space) {
    try {
      space.accept(buffer);
      return true;
    } catch (IllegalStateException none) {
      buffer.giveBack();
      if (inTheWay.isEmpty()) {
        throw none;
      }
      inTheWay.add(none.getMessage());
      return false;
    }
  }

  /** Why there was none, buffer by buffer. */
  String inTheWay() {
    return order.getFirst().file() + ": " + String.join("; ", inTheWay);
  }
}
