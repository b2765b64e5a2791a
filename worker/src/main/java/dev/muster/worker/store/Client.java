package dev.muster.worker.store;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;

/** One connection of a {@link StoreServer}; used by its thread alone. */
final class Client {
  /** One that does not read its answers is not read either. */
  private static final long UNSENT_BYTES = 1 << 20;

  final long id;
  final SocketChannel channel;
  final SelectionKey key;
  final InetAddress from;
  final QueryReader reader;
  private final Deque<ByteBuffer> unsent = new ArrayDeque<>();
  private long unsentBytes;
  long bookedBytes;

  Client(long id, SocketChannel channel, SelectionKey key, InetAddress from, Limits limits) {
    this.id = id;
    this.channel = channel;
    this.key = key;
    this.from = from;
    this.reader = new QueryReader(limits);
  }

  void enqueue(byte[] part) {
    unsent.addLast(ByteBuffer.wrap(part));
    unsentBytes += part.length;
  }

  /** Sends what the socket takes and says what it wants to hear of next. */
  void flush() throws IOException {
    while (!unsent.isEmpty()) {
      unsentBytes -= channel.write(unsent.getFirst());
      if (unsent.getFirst().hasRemaining()) {
        break;
      }
      unsent.removeFirst();
    }
    int write = unsent.isEmpty() ? 0 : SelectionKey.OP_WRITE;
    int read = unsentBytes > UNSENT_BYTES ? 0 : SelectionKey.OP_READ;
    key.interestOps(write | read);
  }

  /** What it keeps in memory. Values that are on their way may be the store's own. */
  long heldBytes() {
    return reader.heldBytes() + unsentBytes + (long) unsent.size() * Memory.OVERHEAD_BYTES;
  }

  boolean hasUnsent() {
    return !unsent.isEmpty();
  }

  /** Whether it may ask more before it has read what it was told. */
  boolean mayAsk() {
    return unsentBytes <= UNSENT_BYTES;
  }
}
