package dev.muster.collectives.bulk;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Takes the blocks of one connection from end to end: over its own socket, or beside it. Everything
 * else goes over the {@link Link}. One thread at a time, {@link #close} included.
 */
interface Carrier extends AutoCloseable {
  /** Makes the carrier of a connection. */
  @FunctionalInterface
  interface Factory {
    Carrier of(Link link);
  }

  /** Says where a block goes: its frame's number of bytes. Throws what ends the transfer. */
  @FunctionalInterface
  interface Place {
    ByteBuffer of(Frame frame) throws IOException;
  }

  /** Receiving end: what the sending end must know to reach it; opaque to the connection. */
  byte[] ticket() throws TransferException;

  /** Sending end: before the first block of a transfer. */
  void open(byte[] ticket) throws TransferException;

  /** Returns when {@code block} may change; {@code watch} looks now and then while it waits. */
  void send(Frame frame, ByteBuffer block, Link.Watch watch) throws TransferException;

  /** Waits for one block and fills its place; not verified yet. */
  Frame receive(Place place) throws IOException;

  @Override
  void close();
}
