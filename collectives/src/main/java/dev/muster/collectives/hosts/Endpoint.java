package dev.muster.collectives.hosts;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a process accepts connections of ranks of other hosts, for all its groups and generations.
 * A connection that has proved itself waits here until the rank it is meant for asks for it. Any
 * thread.
 */
public final class Endpoint implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Endpoint.class);
  private static final int HANDSHAKE_MS = 5_000;
  private static final int WAITING_MAX = 4_096;

  private final String run;
  private final Handshake handshake;
  private final ServerSocketChannel server;
  private final InetSocketAddress address;
  private final Map<Hello, SocketChannel> waiting = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /**
   * @param bind an address that peers can reach; port 0 for any
   * @param run name of the run, equal on all hosts
   * @param key secret of the run, 16 bytes at least
   */
  public Endpoint(InetSocketAddress bind, String run, byte[] key) throws IOException {
    this.run = run;
    this.handshake = new Handshake(key, HANDSHAKE_MS);
    this.server = ServerSocketChannel.open();
    try {
      this.address = (InetSocketAddress) server.bind(bind).getLocalAddress();
    } catch (IOException e) {
      server.close();
      throw new IOException("cannot listen for ranks: address=" + bind + " error=" + e, e);
    }
    Thread.ofPlatform().daemon().name("ranks-" + address.getPort()).start(this::accept);
  }

  public InetSocketAddress address() {
    return address;
  }

  String run() {
    return run;
  }

  private void accept() {
    try {
      while (!closed) {
        var channel = server.accept();
        Thread.ofVirtual().name("hello").start(() -> greet(channel));
      }
    } catch (IOException e) {
      if (!closed) {
        LOG.error("no more ranks of other hosts: address={}; restart this process", address, e);
      }
    }
  }

  private void greet(SocketChannel channel) {
    try {
      var hello = handshake.server(channel);
      if (!hello.run().equals(run) || closed || waiting.size() >= WAITING_MAX) {
        throw new IOException(
            "not expected: expectedRun=%s run=%s waiting=%d"
                .formatted(run, hello.run(), waiting.size()));
      }
      closeQuietly(waiting.put(hello, channel));
    } catch (IOException | RuntimeException e) {
      LOG.warn("connection refused: {}", e.toString());
      closeQuietly(channel);
    }
  }

  /** A connection that has come, blocking; empty: not yet. */
  Optional<SocketChannel> take(Hello hello) {
    return Optional.ofNullable(waiting.remove(hello));
  }

  /** Opens a connection, blocking; throws also when nobody listens yet. */
  SocketChannel connect(InetSocketAddress to, Hello hello) throws IOException {
    var channel = SocketChannel.open();
    try {
      channel.socket().connect(to, HANDSHAKE_MS);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      handshake.client(channel, hello);
      return channel;
    } catch (IOException | RuntimeException e) {
      closeQuietly(channel);
      throw e;
    }
  }

  /** Of a rank that has left: nobody will ask for these. */
  void forget(String group, long generation, int rank) {
    for (var hello : waiting.keySet()) {
      boolean same = hello.group().equals(group) && hello.generation() <= generation;
      if (same && hello.to() == rank) {
        closeQuietly(waiting.remove(hello));
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    closeQuietly(server);
    waiting.values().forEach(Endpoint::closeQuietly);
  }

  static void closeQuietly(AutoCloseable closeable) {
    try {
      if (closeable != null) {
        closeable.close();
      }
    } catch (Exception e) {
      LOG.debug("already gone", e);
    }
  }
}
