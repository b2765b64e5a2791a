package dev.muster.collectives.bulk;

import dev.muster.collectives.bulk.TransferException.Kind;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** TCP connections, and on each a carrier for its blocks. */
final class ConnectedTransport implements BulkTransport {
  private final Opening opening;
  private final BulkLimits limits;
  private final Carrier.Factory carriers;
  private final Runnable release;
  private final Set<Listener> servers = ConcurrentHashMap.newKeySet();
  private final Set<ClientConnection> connections = ConcurrentHashMap.newKeySet();

  ConnectedTransport(byte[] key, BulkLimits limits, Carrier.Factory carriers) {
    this(key, limits, carriers, () -> {});
  }

  /** With what the carriers need, to be closed last. */
  ConnectedTransport(byte[] key, BulkLimits limits, Carrier.Factory carriers, Runnable release) {
    this.release = release;
    this.opening = new Opening(key);
    this.limits = limits;
    this.carriers = carriers;
  }

  @Override
  public BulkServer serve(InetSocketAddress address, BulkHandler handler) throws IOException {
    var listener =
        new Listener(
            address,
            limits,
            link -> new ServerConnection(link, opening, carriers, limits.blockBytes(), handler),
            servers::remove);
    servers.add(listener);
    listener.start();
    return listener;
  }

  @Override
  public BulkConnection connect(InetSocketAddress address) throws TransferException {
    var link = dial(address);
    try {
      opening.client(link);
      var connection =
          new ClientConnection(link, carriers.of(link), limits.blockBytes(), connections::remove);
      connections.add(connection);
      return connection;
    } catch (TransferException | RuntimeException e) {
      link.close();
      throw e;
    }
  }

  private Link dial(InetSocketAddress address) throws TransferException {
    SocketChannel channel = null;
    try {
      channel = SocketChannel.open();
      channel
          .socket()
          .connect(address, (int) Math.min(Integer.MAX_VALUE, limits.silence().toMillis()));
      return new Link(channel, limits.silence());
    } catch (IOException e) {
      closeQuietly(channel);
      throw TransferException.of(Kind.LOST, "cannot connect: peer=" + address + " error=" + e, e);
    }
  }

  private static void closeQuietly(SocketChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // never connected
    }
  }

  @Override
  public void close() {
    servers.forEach(Listener::close);
    connections.forEach(ClientConnection::closeAndWait);
    release.run();
  }
}
