package dev.muster.worker.checkpoint.peer;

import dev.muster.collectives.bulk.Destination;
import dev.muster.worker.checkpoint.snapshot.SnapshotCopy;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** A copy that a transfer fills. Thread of the transfer. */
final class Arrival implements Destination {
  private final Copies copies;
  private final String name;
  private final SnapshotCopy copy;
  private final Destination pieces;
  private Runnable progress = () -> {};
  private volatile boolean dropped;

  Arrival(Copies copies, String name, SnapshotCopy copy) {
    this.copies = copies;
    this.name = name;
    this.copy = copy;
    this.pieces = Destination.blocks(copy::take);
  }

  String name() {
    return name;
  }

  /** Calls it with each block. */
  Arrival telling(Runnable listener) {
    progress = listener;
    return this;
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
  public MemorySegment block(long offset, int bytes) throws IOException {
    requireWanted();
    return pieces.block(offset, bytes);
  }

  @Override
  public void verified(long offset, MemorySegment block) throws IOException {
    pieces.verified(offset, block);
    progress.run();
  }

  @Override
  public void complete() {
    copies.complete(this, copy);
  }

  @Override
  public void close() {
    try (pieces) {
      copy.close();
    } finally {
      copies.ended(this);
    }
  }
}
