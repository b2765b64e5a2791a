package dev.muster.worker.local;

import dev.muster.protocol.WorkerId;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.ToWorker;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens on a Unix socket of mode 0600 for the workers of one agent. A connection is closed, with
 * a logged reason, when its first message is not a hello that the {@link Door} lets in, when it
 * sends a malformed, oversized or unknown frame, and when it does not read what it is sent; the
 * others are not disturbed.
 *
 * <p>Any thread may send; nothing here blocks a sender.
 */
public final class LocalServer implements AutoCloseable {
  /** sun_path of sockaddr_un holds 108 bytes, the last is 0. */
  public static final int MAX_PATH_BYTES = 107;

  private static final Logger LOG = LoggerFactory.getLogger(LocalServer.class);

  /**
   * Who may connect, and who hears what is said. Called from one thread per connection; must not
   * block.
   */
  public interface Door {
    /**
     * The welcome for a worker whose hello is right.
     *
     * @throws RefusedException wrong token, version or worker; closes the connection
     */
    ToWorker.Welcome admit(WorkerId worker, FromWorker.Hello hello) throws RefusedException;

    void connected(WorkerId worker);

    void said(WorkerId worker, FromWorker message);

    /** Once per admitted connection, the last call for it. */
    void disconnected(WorkerId worker, String reason);
  }

  /** A hello that is not let in. */
  public static final class RefusedException extends Exception {
    public RefusedException(String reason) {
      super(reason, null, false, false);
    }
  }

  private final Path path;
  private final Door door;
  private final ServerSocketChannel socket;
  private final Set<LocalConnection> open = ConcurrentHashMap.newKeySet();
  private final Map<WorkerId, LocalConnection> admitted = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /**
   * @throws IOException the path is too long for a socket, in use, or its folder is missing; the
   *     message says which
   */
  public LocalServer(Path path, Door door) throws IOException {
    this.path = path;
    this.door = door;
    this.socket = bind(path);
    Thread.ofPlatform().daemon().name("local-server").start(this::accept);
  }

  private static ServerSocketChannel bind(Path path) throws IOException {
    int bytes = path.toString().getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_PATH_BYTES) {
      throw new IOException(
          "path too long for a Unix socket: expected at most bytes="
              + MAX_PATH_BYTES
              + " actual bytes="
              + bytes
              + " path="
              + path
              + "; use a shorter run or node name");
    }
    Files.deleteIfExists(path); // left by an agent of this name that was killed
    var channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.bind(UnixDomainSocketAddress.of(path));
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
      return channel;
    } catch (IOException e) {
      channel.close();
      throw new IOException("cannot listen: socket=" + path + " cause=" + e.getMessage(), e);
    }
  }

  private void accept() {
    while (!closed) {
      try {
        var connection = new LocalConnection(this, socket.accept());
        open.add(connection);
        connection.start();
      } catch (IOException e) {
        if (!closed) {
          LOG.error("no worker can connect any more: socket={}", path, e);
        }
        return;
      }
    }
  }

  /**
   * @return whether it was queued; not whether the worker will read it
   */
  public boolean send(WorkerId worker, ToWorker message) {
    var connection = admitted.get(worker);
    return connection != null && connection.send(message);
  }

  /** Closes the worker's connection, if it has one, which ends the worker. */
  public void hangUp(WorkerId worker, String reason) {
    var connection = admitted.get(worker);
    if (connection != null) {
      connection.close(reason);
    }
  }

  /**
   * A worker that says nothing more: what it has said is heard, then its connection is closed,
   * without waiting for the end of its stream.
   */
  public void hearOut(WorkerId worker) {
    var connection = admitted.get(worker);
    if (connection != null) {
      connection.hearOut();
    }
  }

  Door door() {
    return door;
  }

  void admitted(WorkerId worker, LocalConnection connection) throws RefusedException {
    if (admitted.putIfAbsent(worker, connection) != null) {
      throw new RefusedException("already connected: worker=" + worker);
    }
  }

  void left(WorkerId worker, LocalConnection connection) {
    open.remove(connection);
    if (worker != null) {
      admitted.remove(worker, connection);
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    socket.close();
    open.forEach(c -> c.close("the agent ends"));
    Files.deleteIfExists(path);
  }
}
