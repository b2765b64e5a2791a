package dev.muster.worker.checkpoint.peer;

import dev.muster.collectives.bulk.Destination;
import dev.muster.worker.checkpoint.snapshot.SnapshotCopy;
import java.lang.foreign.MemorySegment;

/** A copy that a transfer fills, straight into its place. Thread of the transfer. */
final class Arrival implements Destination {
  private final Copies copies;
  private final String name;
  private final SnapshotCopy copy;
  private volatile boolean dropped;

  Arrival(Copies copies, String name, SnapshotCopy copy) {
    this.copies = copies;
    this.name = name;
    this.copy = copy;
  }

  String name() {
    return name;
  }

  /** Any thread: nobody wants it any more. */
  void drop() {
    dropped = true;
  }

  void requireWanted() {
    if (dropped) {
      throw new IllegalStateException("dropped while it was copied: snapshot=" + name);
    }
  }

  @Override
  public MemorySegment block(long offset, int bytes) {
    requireWanted();
    return copy.memory(offset, bytes);
  }

  @Override
  public void verified(long offset, MemorySegment block) {
    copy.arrived(offset + block.byteSize());
  }

  @Override
  public void complete() {
    copies.complete(this, copy);
  }

  @Override
  public void close() {
    try {
      copy.close();
    } finally {
      copies.ended(this);
    }
  }
}
