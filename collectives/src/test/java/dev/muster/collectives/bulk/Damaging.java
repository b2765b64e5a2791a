package dev.muster.collectives.bulk;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Flips a bit of one block on its way. */
record Damaging(Carrier carrier, long damagedAt) implements Carrier {
  @Override
  public byte[] ticket() throws TransferException {
    return carrier.ticket();
  }

  @Override
  public void open(byte[] ticket) throws TransferException {
    carrier.open(ticket);
  }

  @Override
  public void send(Frame frame, ByteBuffer block, Link.Watch watch) throws TransferException {
    carrier.send(frame, frame.value() == damagedAt ? damaged(block) : block, watch);
  }

  private static ByteBuffer damaged(ByteBuffer block) {
    var copy = ByteBuffer.allocateDirect(block.remaining()).put(block.duplicate()).flip();
    return copy.put(copy.limit() / 2, (byte) (copy.get(copy.limit() / 2) ^ 0x10));
  }

  @Override
  public Frame receive(Place place) throws IOException {
    return carrier.receive(place);
  }

  @Override
  public void close() {
    carrier.close();
  }
}
