package dev.muster.simulator.actors;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.muster.protocol.PeerId;
import dev.muster.protocol.core.Core;
import dev.muster.protocol.core.Effects;
import dev.muster.protocol.message.Message;
import dev.muster.simulator.Host;
import dev.muster.simulator.Hosts;
import dev.muster.simulator.World;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * The processes of one world as actors of one actor system in virtual time. Real in it: shells,
 * mailboxes, dispatchers, timers, supervision. Not in it: Cluster, Artery, serialization, sockets.
 * The system has no thread; it runs on the one that made it, after each event of the world.
 */
public final class ActorHosts implements Hosts {
  private static final Config CONFIG =
      ConfigFactory.parseResources(ActorHosts.class.getClassLoader(), "muster-virtual-time.conf")
          .withFallback(ConfigFactory.defaultReference(ActorHosts.class.getClassLoader()))
          .resolve();

  private final VirtualTime time;
  private final ActorSystem<Void> system;
  private long spawned;

  /** To be used and closed by this thread, which must be the one that runs {@code world}. */
  public ActorHosts(World world) {
    time = new VirtualTime(world);
    system =
        ActorSystem.create(
            Behaviors.<Void>empty(),
            "simulated",
            ActorSystemSetup.create(BootstrapSetup.create(CONFIG), time));
    time.ready.drain();
  }

  @Override
  public <E> Host<E> host(
      PeerId id,
      Core<E> core,
      BiFunction<PeerId, Message, E> inbound,
      Consumer<Effects.Action> actions) {
    return new ActorHost<>(time, this, id, core, inbound, actions);
  }

  /** As a process does with its shell; the number tells the incarnations of a peer apart. */
  <E> ActorRef<E> spawn(Behavior<E> shell, PeerId id) {
    var actor = system.systemActorOf(shell, id.name() + "-" + ++spawned, Props.empty());
    time.ready.drain();
    return actor;
  }

  void stop(ActorRef<?> shell) {
    Adapter.toClassic(system).stop(Adapter.toClassic(shell));
    time.ready.drain();
  }

  @Override
  public void close() {
    time.ready.rethrowUntold();
    if (time.ready.failed()) {
      return; // its actors stand where they broke; the system has no thread that could go on
    }
    system.terminate();
    time.ready.drain();
    if (!system.getWhenTerminated().toCompletableFuture().isDone()) {
      throw new IllegalStateException(
          "the actor system did not end: actors wait for more than messages; system="
              + system.printTree());
    }
  }
}
