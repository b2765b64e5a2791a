package dev.muster.collectives.bulk;

import dev.muster.collectives.bulk.TransferException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import jdk.net.ExtendedSocketOptions;

/**
 * The socket of a connection: whole frames and payloads, each wait bounded by the silence allowed.
 * One thread at a time; {@link #close} by any.
 */
final class Link implements AutoCloseable {
  private static final int UNBOUNDED = 0;
  private static final int KEEPALIVE_SECONDS = 30;
  private static final long FAREWELL_MS = 1_000;
  private static final int FAREWELL_BYTES = 64 << 10;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  /** Looks at what a peer says while this end still sends. */
  @FunctionalInterface
  interface Watch {
    Watch NONE = null;

    void look() throws TransferException;
  }

  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;
  private final String peer;
  private final long silenceMs;
  private final ByteBuffer incoming = ByteBuffer.allocateDirect(Frame.BYTES);
  private final ByteBuffer outgoing = ByteBuffer.allocateDirect(Frame.BYTES);
  private volatile boolean closed;

  /** Owns {@code channel} from here on. */
  Link(SocketChannel channel, Duration silence) throws IOException {
    this.channel = channel;
    this.silenceMs = silence.toMillis();
    this.peer = String.valueOf(channel.getRemoteAddress());
    channel.configureBlocking(false);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    keepAlive(channel);
    this.selector = Selector.open();
    this.key = channel.register(selector, 0);
  }

  /** Between transfers nobody waits, so the kernel asks whether the peer's host still lives. */
  private static void keepAlive(SocketChannel channel) throws IOException {
    channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    channel.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, KEEPALIVE_SECONDS);
    channel.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, KEEPALIVE_SECONDS);
    channel.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, 3);
  }

  String peer() {
    return peer;
  }

  /** The address of this end. */
  InetAddress local() throws TransferException {
    try {
      return ((InetSocketAddress) channel.getLocalAddress()).getAddress();
    } catch (IOException e) {
      throw ended(e);
    }
  }

  boolean closed() {
    return closed;
  }

  long silenceMs() {
    return silenceMs;
  }

  void send(Frame frame) throws TransferException {
    send(frame, NOTHING, Watch.NONE);
  }

  void send(Frame.Kind kind, long value, byte[] payload) throws TransferException {
    var bytes = ByteBuffer.wrap(payload);
    send(Frame.of(kind, value, bytes), bytes, Watch.NONE);
  }

  /** Sends all of it; {@code watch} looks whenever the peer says something meanwhile. */
  void send(Frame frame, ByteBuffer payload, Watch watch) throws TransferException {
    frame.put(outgoing.clear());
    var all = new ByteBuffer[] {outgoing.flip(), payload};
    while (outgoing.hasRemaining() || payload.hasRemaining()) {
      if (write(all, watch) == 0) {
        await(SelectionKey.OP_WRITE | (watch == null ? 0 : SelectionKey.OP_READ), silenceMs);
        if (watch != null) {
          watch.look();
        }
      }
    }
  }

  private long write(ByteBuffer[] all, Watch watch) throws TransferException {
    try {
      return channel.write(all);
    } catch (IOException e) {
      if (watch != null && !closed) {
        watch.look(); // the peer may have said why before it left
      }
      throw ended(e);
    }
  }

  void sendRaw(ByteBuffer bytes) throws TransferException {
    var all = new ByteBuffer[] {bytes};
    while (bytes.hasRemaining()) {
      if (write(all, Watch.NONE) == 0) {
        await(SelectionKey.OP_WRITE, silenceMs);
      }
    }
  }

  /** The next frame, however long it takes to begin; empty: the peer has ended the connection. */
  Optional<Frame> nextOrEnd() throws TransferException {
    while (incoming.position() == 0) {
      int read = readSome(incoming);
      if (read < 0) {
        return Optional.empty();
      }
      if (read == 0) {
        await(SelectionKey.OP_READ, UNBOUNDED);
      }
    }
    return Optional.of(next());
  }

  Frame next() throws TransferException {
    read(incoming);
    return decoded();
  }

  /** A frame that has come already, without waiting. */
  Optional<Frame> poll() throws TransferException {
    if (readSome(incoming) < 0) {
      throw ended(null);
    }
    return incoming.hasRemaining() ? Optional.empty() : Optional.of(decoded());
  }

  private Frame decoded() throws TransferException {
    incoming.flip();
    try {
      return Frame.get(incoming, peer);
    } finally {
      incoming.clear();
    }
  }

  /** Fills {@code into}; the limit is on every wait. */
  void read(ByteBuffer into) throws TransferException {
    read(into, () -> silenceMs);
  }

  /** Fills {@code into}; the limit is on all of it, so that a peer cannot stretch it. */
  void readWithin(ByteBuffer into) throws TransferException {
    long endNs = System.nanoTime() + silenceMs * 1_000_000;
    read(into, () -> Math.max(1, (endNs - System.nanoTime()) / 1_000_000));
  }

  private void read(ByteBuffer into, LongSupplier limitMs) throws TransferException {
    while (into.hasRemaining()) {
      int read = readSome(into);
      if (read < 0) {
        throw ended(null);
      }
      if (read == 0) {
        await(SelectionKey.OP_READ, limitMs.getAsLong());
      }
    }
  }

  private int readSome(ByteBuffer into) throws TransferException {
    try {
      return channel.read(into);
    } catch (IOException e) {
      throw ended(e);
    }
  }

  /** The short payload of a frame that is no block. */
  byte[] payload(Frame frame) throws TransferException {
    if (frame.bytes() > BulkLimits.HEADER_BYTES_MAX) {
      throw Frame.malformed(peer, "kind=" + frame.kind() + " bytes=" + frame.bytes());
    }
    var bytes = ByteBuffer.allocate(frame.bytes());
    read(bytes);
    int actual = Frame.crc(bytes.flip());
    if (actual != frame.crc()) {
      throw TransferException.damaged(peer, "payload of " + frame.kind(), frame.crc(), actual);
    }
    return bytes.array();
  }

  String text(Frame frame) throws TransferException {
    return TransferException.printable(new String(payload(frame), StandardCharsets.UTF_8));
  }

  /** What an answer means that is not the one hoped for. */
  TransferException unexpected(Frame frame) throws TransferException {
    return switch (frame.kind()) {
      case REFUSED ->
          TransferException.refused("refused by the peer: peer=" + peer + " reason=" + text(frame));
      case FAILED ->
          TransferException.of(
              Kind.FAILED, "the peer gave up: peer=" + peer + " reason=" + text(frame));
      default -> Frame.malformed(peer, "frame out of order: kind=" + frame.kind());
    };
  }

  private void await(int operations, long limitMs) throws TransferException {
    boolean ready = select(operations, limitMs);
    if (closed) {
      throw ended(null);
    }
    if (!ready && limitMs != UNBOUNDED) {
      throw silent();
    }
  }

  private boolean select(int operations, long limitMs) throws TransferException {
    try {
      key.interestOps(operations);
      int ready = selector.select(limitMs);
      selector.selectedKeys().clear();
      return ready > 0;
    } catch (IOException | ClosedSelectorException | CancelledKeyException e) {
      throw ended(e);
    }
  }

  /**
   * Ends the connection so that the peer can still read the last words: closing a socket that holds
   * unread bytes would take them back.
   */
  void farewell() throws TransferException {
    long endNs = System.nanoTime() + Math.min(silenceMs, FAREWELL_MS) * 1_000_000;
    try {
      channel.shutdownOutput();
    } catch (IOException e) {
      throw ended(e);
    }
    var rest = ByteBuffer.allocate(FAREWELL_BYTES);
    for (int read = 0; read >= 0 && System.nanoTime() < endNs; read = readSome(rest.clear())) {
      if (read == 0) {
        await(SelectionKey.OP_READ, Math.max(1, (endNs - System.nanoTime()) / 1_000_000));
      }
    }
    close();
  }

  TransferException silent() {
    return TransferException.of(
        Kind.SILENT, "the peer makes no progress: peer=" + peer + " silenceMs=" + silenceMs);
  }

  /** How the end of the socket is told. */
  TransferException ended(Exception cause) {
    if (closed) {
      return TransferException.of(Kind.CLOSED, "closed here: peer=" + peer, cause);
    }
    return TransferException.of(
        Kind.LOST, "the connection ended in the middle: peer=" + peer + " error=" + cause, cause);
  }

  @Override
  public void close() {
    closed = true;
    try (selector) {
      channel.close();
    } catch (IOException e) {
      // it is gone, which is what was wanted
    }
  }
}
