package dev.muster.collectives;

import java.lang.foreign.MemorySegment;

/**
 * Gives a communicator whose calls run inside the call a {@link Lane} for {@link Stream#OWN}, so
 * that its rank computes while it communicates. Calls keep their program order: one that is not on
 * the lane waits for those which are. The ranks of a group may differ in what they put there.
 *
 * <p>A call costs no more than before until the lane is used; then handing over costs tens of
 * microseconds, so it pays for large buffers, or where a call would wait for a peer.
 */
public final class LanedCommunicator extends ForwardingCommunicator {
  private final Lane lane;

  public LanedCommunicator(Communicator inner) {
    super(inner);
    this.lane =
        new Lane(
            "collectives-%s-g%d-r%d".formatted(inner.group(), inner.generation(), inner.rank()));
  }

  @Override
  public MemorySegment allocate(long bytes) {
    lane.drain();
    return inner.allocate(bytes);
  }

  @Override
  public Work run(Operation operation, Stream stream) {
    if (stream == Stream.OWN) {
      operation.check(rank(), worldSize());
      return lane.start(() -> inner.run(operation, Stream.NONE));
    }
    lane.drain();
    return inner.run(operation, stream);
  }

  @Override
  public void agree(long step) {
    lane.drain();
    inner.agree(step);
  }

  /** Operations under way would use memory that is gone: they end, and with them the group. */
  @Override
  public void close() {
    if (!lane.idle()) {
      inner.abort("rank closed its communicator in the middle of an operation: rank=" + rank());
    }
    lane.close();
    inner.close();
  }
}
