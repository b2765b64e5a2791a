package dev.muster.collectives.hosts;

import dev.muster.collectives.Groups;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.LockSupport;

/**
 * One rank's streams to ranks of other hosts, opened when first used: the lower rank connects. What
 * is sent and received waits in a queue per stream and direction, and moves whenever this rank
 * waits for any of it; straight between the caller's memory and the socket. Never blocks but in
 * {@link #await} and in opening. One thread.
 */
final class Links implements AutoCloseable {
  private static final int SPINS = 8; // each is a system call for every stream in use
  private static final long SELECT_MS = 1;
  private static final long RETRY_NS = 1_000_000;
  private static final long PIECE_BYTES = 8 << 20;

  /** Throws when the group is over. */
  @FunctionalInterface
  interface Watch {
    void look();
  }

  /** Bytes on their way, in one direction. */
  static final class Transfer {
    private final MemorySegment memory;
    private long done;
    private ByteBuffer piece;

    private Transfer(MemorySegment memory) {
      this.memory = memory;
    }

    private boolean complete() {
      return done == memory.byteSize();
    }

    private ByteBuffer piece() {
      if (piece == null || !piece.hasRemaining()) {
        piece =
            memory.asSlice(done, Math.min(PIECE_BYTES, memory.byteSize() - done)).asByteBuffer();
      }
      return piece;
    }
  }

  private static final class Link {
    private final SocketChannel channel;
    private final SelectionKey key;
    private final Deque<Transfer> sending = new ArrayDeque<>();
    private final Deque<Transfer> receiving = new ArrayDeque<>();

    private Link(SocketChannel channel, Selector selector) throws IOException {
      this.channel = channel;
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      this.key = channel.register(selector, 0);
    }

    private boolean move() throws IOException {
      return send() | receive();
    }

    private boolean send() throws IOException {
      boolean moved = false;
      for (var next = sending.peek(); next != null; next = sending.peek()) {
        int bytes = next.complete() ? 0 : channel.write(next.piece());
        next.done += bytes;
        moved |= bytes > 0;
        if (!next.complete()) {
          if (bytes == 0) {
            return moved;
          }
        } else {
          sending.remove();
        }
      }
      return moved;
    }

    private boolean receive() throws IOException {
      boolean moved = false;
      for (var next = receiving.peek(); next != null; next = receiving.peek()) {
        int bytes = next.complete() ? 0 : channel.read(next.piece());
        if (bytes < 0) {
          throw new IOException("it has left or died");
        }
        next.done += bytes;
        moved |= bytes > 0;
        if (!next.complete()) {
          if (bytes == 0) {
            return moved;
          }
        } else {
          receiving.remove();
        }
      }
      return moved;
    }

    private int interest() {
      return (sending.isEmpty() ? 0 : SelectionKey.OP_WRITE)
          | (receiving.isEmpty() ? 0 : SelectionKey.OP_READ);
    }
  }

  private final Groups.Spec spec;
  private final Place place;
  private final Endpoint endpoint;
  private final Watch watch;
  private final Selector selector;
  private final Link[] links; // for collectives by rank, then for messages by rank
  private final InetSocketAddress[] addresses;
  private long patienceNs = Long.MAX_VALUE;

  Links(Groups.Spec spec, Place place, Endpoint endpoint, Watch watch) {
    this.spec = spec;
    this.place = place;
    this.endpoint = endpoint;
    this.watch = watch;
    this.links = new Link[2 * place.worldSize()];
    this.addresses = new InetSocketAddress[place.worldSize()];
    for (int host = 0; host < place.hosts(); host++) {
      addresses[place.leader(host)] = place.host(host).address();
    }
    try {
      this.selector = Selector.open();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void address(int rank, InetSocketAddress address) {
    addresses[rank] = address;
  }

  /** From here on every rank listens: one that cannot be reached is lost. */
  void joined(Limits limits) {
    patienceNs = limits.silence().toNanos();
  }

  Transfer send(int peer, MemorySegment memory) {
    return sendOn(peer, memory);
  }

  Transfer receive(int peer, MemorySegment memory) {
    return receiveOn(peer, memory);
  }

  /**
   * On a stream of their own: a message that was sent before a collective may be received after it.
   */
  Transfer sendMessage(int peer, MemorySegment memory) {
    return sendOn(place.worldSize() + peer, memory);
  }

  Transfer receiveMessage(int peer, MemorySegment memory) {
    return receiveOn(place.worldSize() + peer, memory);
  }

  private Transfer sendOn(int stream, MemorySegment memory) {
    var transfer = new Transfer(memory);
    link(stream).sending.add(transfer);
    move(stream);
    return transfer;
  }

  private Transfer receiveOn(int stream, MemorySegment memory) {
    var transfer = new Transfer(memory);
    link(stream).receiving.add(transfer);
    return transfer;
  }

  /** Until it is complete; everything else moves meanwhile. Null: nothing to wait for. */
  void await(Transfer transfer) {
    int idle = 0;
    while (transfer != null && !transfer.complete()) {
      boolean moved = moveAll();
      idle = moved ? 0 : idle + 1;
      if (idle > 0) {
        watch.look();
        idle(idle);
      }
    }
  }

  void await(Iterable<Transfer> transfers) {
    transfers.forEach(this::await);
  }

  private boolean moveAll() {
    boolean moved = false;
    for (int stream = 0; stream < links.length; stream++) {
      moved |= links[stream] != null && move(stream);
    }
    return moved;
  }

  private boolean move(int stream) {
    try {
      return links[stream].move();
    } catch (IOException e) {
      throw lost(stream % place.worldSize(), e);
    }
  }

  private void idle(int times) {
    if (times < SPINS) {
      Thread.onSpinWait();
      return;
    }
    try {
      for (var link : links) {
        if (link != null) {
          link.key.interestOps(link.interest());
        }
      }
      selector.select(SELECT_MS);
      selector.selectedKeys().clear();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ---- opening

  private Link link(int stream) {
    if (links[stream] == null) {
      int peer = stream % place.worldSize();
      var kind = stream < place.worldSize() ? Hello.Kind.DATA : Hello.Kind.MESSAGES;
      try {
        links[stream] = new Link(open(peer, kind), selector);
      } catch (IOException e) {
        throw lost(peer, e);
      }
    }
    return links[stream];
  }

  /** A blocking connection to a rank, as soon as it listens and until the group is over. */
  SocketChannel open(int peer, Hello.Kind kind) {
    return place.rank() < peer ? connect(peer, kind) : accept(peer, kind);
  }

  private SocketChannel connect(int peer, Hello.Kind kind) {
    var hello = hello(place.rank(), peer, kind);
    long sinceNs = System.nanoTime();
    for (; ; LockSupport.parkNanos(RETRY_NS)) {
      try {
        return endpoint.connect(addresses[peer], hello);
      } catch (IOException e) {
        watch.look(); // it may not listen yet
        if (System.nanoTime() - sinceNs > patienceNs) {
          throw lost(peer, e);
        }
      }
    }
  }

  private SocketChannel accept(int peer, Hello.Kind kind) {
    var hello = hello(peer, place.rank(), kind);
    for (int tries = 0; ; tries++) {
      var channel = endpoint.take(hello);
      if (channel.isPresent()) {
        return channel.get();
      }
      watch.look();
      LockSupport.parkNanos(tries < 100 ? 20_000 : RETRY_NS);
    }
  }

  private Hello hello(int from, int to, Hello.Kind kind) {
    return new Hello(endpoint.run(), spec.group(), spec.generation(), from, to, kind);
  }

  private LinkLost lost(int peer, IOException cause) {
    return new LinkLost(
        "rank %d cannot reach rank %d on host %s: %s"
            .formatted(
                place.rank(), peer, place.host(place.hostOf(peer)).name(), cause.getMessage()));
  }

  /** A peer has died, has left, or cannot be reached. */
  static final class LinkLost extends RuntimeException {
    LinkLost(String message) {
      super(message);
    }
  }

  @Override
  public void close() {
    for (var link : links) {
      if (link != null) {
        Endpoint.closeQuietly(link.channel);
      }
    }
    Endpoint.closeQuietly(selector);
  }
}
