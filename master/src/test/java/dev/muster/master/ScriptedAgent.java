package dev.muster.master;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.message.ToAgent;
import dev.muster.protocol.message.ToMaster;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import dev.muster.protocol.wire.Secret;
import dev.muster.worker.link.AgentLinkHandler;
import dev.muster.worker.link.Backoff;
import dev.muster.worker.link.LinkClient;
import dev.muster.worker.link.LinkIdentity;
import dev.muster.worker.link.LinkLimits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The agent's end of a real link, without workers: it offers no slots and does what the test says.
 */
final class ScriptedAgent implements AgentLinkHandler, AutoCloseable {
  static final NodeId NODE = new NodeId("n0");

  final BlockingQueue<Object> told = new LinkedBlockingQueue<>();
  private final ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "scripted");
  private final LinkClient client;

  /** Finds the master as a local agent does: by reading master.json before every attempt. */
  ScriptedAgent(RunFolder folder) throws IOException {
    client =
        LinkClient.start(
            system,
            new LinkIdentity(folder.run(), Secret.read(folder.secret())),
            LinkLimits.DEFAULT,
            () -> address(folder),
            Backoff.quick(1, 0),
            this);
  }

  private static Optional<InetSocketAddress> address(RunFolder folder) {
    try {
      return RunFiles.read(folder.master(), MasterFile.class)
          .map(f -> new InetSocketAddress(f.host(), f.port()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void up() {
    told.add("up");
    client.send(
        PeerId.MASTER, new ToMaster.Register(NODE, 7, "host", 0, Generation.NONE, List.of()));
  }

  @Override
  public void received(ToAgent message) {
    told.add(message);
  }

  @Override
  public void down(String reason) {
    told.add("down");
  }

  Object next() throws InterruptedException {
    var next = told.poll(60, TimeUnit.SECONDS);
    assertThat(next).as("nothing from the master in time").isNotNull();
    return next;
  }

  <T extends ToAgent> T next(Class<T> type) throws InterruptedException {
    return type.cast(next());
  }

  @Override
  public void close() throws Exception {
    client.close("test over");
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
