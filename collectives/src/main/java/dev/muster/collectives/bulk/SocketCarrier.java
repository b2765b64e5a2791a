package dev.muster.collectives.bulk;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Blocks over the connection's own socket. */
record SocketCarrier(Link link) implements Carrier {
  @Override
  public byte[] ticket() {
    return new byte[0];
  }

  @Override
  public void open(byte[] ticket) throws TransferException {
    if (ticket.length > 0) {
      throw Frame.malformed(link.peer(), "the peer wants another carrier than TCP");
    }
  }

  @Override
  public void send(Frame frame, ByteBuffer block, Link.Watch watch) throws TransferException {
    link.send(frame, block, watch);
  }

  @Override
  public Frame receive(Place place) throws IOException {
    var frame = link.next();
    link.read(place.of(frame));
    return frame;
  }

  @Override
  public void close() {}
}
