package dev.muster.worker.link;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.message.Message;
import dev.muster.protocol.wire.Handshake;
import dev.muster.protocol.wire.Secret;
import dev.muster.worker.actor.Transport;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.io.Inet;
import org.apache.pekko.io.TcpSO;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Tcp;

/**
 * The master's end of the agent links: accepts connections, lets each prove itself, and routes
 * messages by node. At most one live link per node; a newer one that registers replaces the older.
 * It is the master's {@link Transport}.
 */
public final class LinkServer implements Transport {
  private static final int BACKLOG = 128;

  private final Tcp.ServerBinding binding;
  private final Registry registry;

  private LinkServer(Tcp.ServerBinding binding, Registry registry) {
    this.binding = binding;
    this.registry = registry;
  }

  /**
   * Listens; the stage fails when the address cannot be used, for example because the port is taken
   * (definite).
   *
   * @param address port 0 takes any free port
   * @throws IllegalArgumentException a network address: the link is not encrypted yet
   */
  public static CompletionStage<LinkServer> bind(
      ActorSystem<?> system,
      InetSocketAddress address,
      LinkIdentity identity,
      LinkLimits limits,
      LinkHandler handler) {
    requireLoopback(address);
    var registry = new Registry(limits, handler);
    return Tcp.get(system)
        .bind(
            address.getHostString(), address.getPort(), BACKLOG, noDelay(), false, Optional.empty())
        .to(Sink.foreach(connection -> accept(system, connection, identity, limits, registry)))
        .run(system)
        .thenApply(binding -> new LinkServer(binding, registry));
  }

  /** Where it listens, with the real port. */
  public InetSocketAddress address() {
    return binding.localAddress();
  }

  @Override
  public void send(PeerId to, Message message) {
    registry.send(to, message);
  }

  /** Closes the node's link, if it has one; its agent connects and registers anew. */
  public void disconnect(NodeId node, String reason) {
    registry.disconnect(node, reason);
  }

  /** Stops listening and closes every link. */
  public CompletionStage<Done> close(String reason) {
    registry.closeAll(reason);
    return binding.unbind().thenApply(unbound -> Done.done());
  }

  private static void accept(
      ActorSystem<?> system,
      Tcp.IncomingConnection connection,
      LinkIdentity identity,
      LinkLimits limits,
      Registry registry) {
    var handshake = new Handshake.Server(identity.run(), identity.secret().bytes(), Secret.nonce());
    var owner = registry.owner(connection.remoteAddress().toString());
    var link = new Link(system, handshake, limits, owner);
    registry.admit(link);
    connection.handleWith(link.flow(), system);
  }

  /** Messages are small and somebody waits for each. */
  static Iterable<Inet.SocketOption> noDelay() {
    return List.of(TcpSO.tcpNoDelay(true));
  }

  /**
   * @throws IllegalArgumentException a network address or an unknown host; one sentence
   */
  public static void requireLoopback(InetSocketAddress address) {
    if (address.isUnresolved()) {
      throw new IllegalArgumentException("unknown host: host=" + address.getHostString());
    }
    if (!address.getAddress().isLoopbackAddress()) {
      throw new IllegalArgumentException(
          "refusing to listen on a network address without TLS: expected=loopback actual="
              + address.getAddress().getHostAddress()
              + "; TLS is not there yet: listen on 127.0.0.1 and forward the port through SSH");
    }
  }
}
