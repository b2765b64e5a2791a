package dev.muster.worker.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.wire.Secret;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * A master's and some agents' ends of real links on loopback, with everything they were told in
 * queues.
 */
final class LinkFixture implements AutoCloseable {
  static final RunId RUN = new RunId("run-1");
  static final LinkLimits LIMITS =
      new LinkLimits(Duration.ofSeconds(20), Duration.ofSeconds(60), 64, 1 << 20, 8);

  final ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "links");
  final Secret secret = Secret.random();
  final BlockingQueue<String> atMaster = new LinkedBlockingQueue<>();
  LinkServer server;

  final class Agent implements AgentLinkHandler {
    final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    final NodeId node;
    LinkClient client;

    Agent(String name) {
      node = new NodeId(name);
    }

    @Override
    public void up() {
      told.add("up");
    }

    @Override
    public void received(ToAgent message) {
      told.add(message.toString());
    }

    @Override
    public void refused(String reason) {
      told.add("refused " + reason);
    }

    @Override
    public void down(String reason) {
      told.add("down " + reason);
    }

    void register(long incarnation) {
      client.send(PeerId.MASTER, registration(node, incarnation));
    }
  }

  static ToMaster.Register registration(NodeId node, long incarnation) {
    return new ToMaster.Register(node, incarnation, "host", 4, Generation.NONE, List.of());
  }

  LinkServer bind(int port, LinkLimits limits) throws Exception {
    var handler =
        new LinkHandler() {
          @Override
          public void received(NodeId node, ToMaster message) {
            atMaster.add(node + " " + message.getClass().getSimpleName());
          }

          @Override
          public void disconnected(NodeId node, String reason) {
            atMaster.add(node + " gone " + reason);
          }
        };
    server =
        LinkServer.bind(
                system,
                new InetSocketAddress("127.0.0.1", port),
                new LinkIdentity(RUN, secret),
                limits,
                handler)
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
    return server;
  }

  Agent agent(String name) {
    return agent(name, new LinkIdentity(RUN, secret), () -> Optional.of(server.address()));
  }

  Agent agent(String name, LinkIdentity identity, Supplier<Optional<InetSocketAddress>> address) {
    var agent = new Agent(name);
    agent.client = LinkClient.start(system, identity, LIMITS, address, Backoff.quick(1, 0), agent);
    return agent;
  }

  static void expect(BlockingQueue<String> queue, String start) throws InterruptedException {
    assertThat(queue.poll(30, TimeUnit.SECONDS)).startsWith(start);
  }

  @Override
  public void close() throws Exception {
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
