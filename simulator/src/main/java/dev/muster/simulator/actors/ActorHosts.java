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
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.setup.ActorSystemSetup;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;

/**
 * The processes of one world as actors of one actor system in virtual time. Real in it: shells,
 * mailboxes, dispatchers, timers, supervision, Pekko Persistence. Not in it: Cluster, Artery,
 * sockets, files. The system has no thread; it runs on the one that made it, after each event of
 * the world.
 */
public final class ActorHosts implements Hosts {
  private static final Config CONFIG =
      ConfigFactory.parseResources(ActorHosts.class.getClassLoader(), "muster-virtual-time.conf")
          .withFallback(ConfigFactory.defaultReference(ActorHosts.class.getClassLoader()))
          .resolve();

  private final VirtualTime time;
  private final ActorSystem<Guardian.Order> system;
  private long spawned;

  /** To be used and closed by this thread, which must be the one that runs {@code world}. */
  public ActorHosts(World world) {
    time = new VirtualTime(world);
    system =
        ActorSystem.create(
            Guardian.of(time.ready::fail),
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
    return id.equals(PeerId.MASTER)
        ? new MasterHost<>(this, id, core, inbound, actions)
        : new AgentHost<>(this, id, core, inbound, actions);
  }

  VirtualTime time() {
    return time;
  }

  /** Starts a process at once; the number tells the incarnations of a peer apart. */
  <T> ActorRef<T> spawn(Behavior<T> process, PeerId id) {
    var started = new AtomicReference<ActorRef<T>>();
    system.tell(new Guardian.Start<>(process, id.name() + "-" + ++spawned, started::set));
    time.ready.drain();
    if (started.get() == null) {
      throw new IllegalStateException(
          "a process was started while a core handled an event: id=" + id + "; use World.after");
    }
    return started.get();
  }

  void kill(ActorRef<?> process) {
    system.tell(new Guardian.Kill(process));
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
