package dev.muster.collectives.bulk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accepts connections, each served by a thread of its own, up to a limit. */
final class Listener implements BulkServer {
  private static final Logger LOG = LoggerFactory.getLogger(Listener.class);

  private final ServerSocketChannel channel;
  private final InetSocketAddress address;
  private final BulkLimits limits;
  private final Function<Link, ServerConnection> connections;
  private final Consumer<Listener> onClose;
  private final Semaphore free;
  private final Map<Thread, ServerConnection> open = new ConcurrentHashMap<>();
  private final Thread acceptor;
  private volatile boolean closed;

  Listener(
      InetSocketAddress address,
      BulkLimits limits,
      Function<Link, ServerConnection> connections,
      Consumer<Listener> onClose)
      throws IOException {
    this.channel = bound(address);
    this.address = (InetSocketAddress) channel.getLocalAddress();
    this.limits = limits;
    this.connections = connections;
    this.onClose = onClose;
    this.free = new Semaphore(limits.connections());
    this.acceptor = thread("accept", this::accept);
  }

  void start() {
    acceptor.start();
  }

  private static ServerSocketChannel bound(InetSocketAddress address) throws IOException {
    var channel = ServerSocketChannel.open();
    try {
      return channel.bind(address);
    } catch (IOException e) {
      channel.close();
      throw new IOException(
          "cannot listen for bulk transfers: address=" + address + " error=" + e, e);
    }
  }

  @Override
  public InetSocketAddress address() {
    return address;
  }

  private Thread thread(String name, Runnable body) {
    return Thread.ofPlatform()
        .daemon()
        .name("bulk-" + address.getPort() + "-" + name)
        .unstarted(body);
  }

  private void accept() {
    try {
      while (!closed) {
        free.acquire();
        serve(channel.accept());
      }
    } catch (IOException | InterruptedException e) {
      if (!closed) {
        LOG.error("bulk server stopped: address={}; restart this process", address, e);
      }
    }
  }

  private void serve(SocketChannel accepted) {
    try {
      var connection = connections.apply(link(accepted));
      var thread = thread(String.valueOf(accepted.socket().getPort()), () -> run(connection));
      open.put(thread, connection);
      thread.start();
    } catch (UncheckedIOException e) {
      free.release(); // it left while it was accepted
    }
    if (closed) {
      open.values().forEach(ServerConnection::close);
    }
  }

  private Link link(SocketChannel accepted) {
    try {
      return new Link(accepted, limits.silence());
    } catch (IOException e) {
      closeQuietly(accepted);
      throw new UncheckedIOException(e);
    }
  }

  private void run(ServerConnection connection) {
    try {
      connection.run();
    } finally {
      open.remove(Thread.currentThread());
      free.release();
    }
  }

  @Override
  public void close() {
    closed = true;
    closeQuietly(channel);
    acceptor.interrupt();
    join(acceptor);
    open.values().forEach(ServerConnection::close);
    open.keySet().forEach(Thread::interrupt); // one may wait in the handler
    open.keySet().forEach(Listener::join);
    onClose.accept(this);
  }

  /** A handler of the user may close its own server. */
  private static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive() && thread != Thread.currentThread()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      LOG.debug("already gone", e);
    }
  }
}
