package dev.muster.worker.host;

import dev.muster.protocol.core.Observation;
import dev.muster.protocol.message.ToAgent;
import dev.muster.worker.actor.Clock;
import dev.muster.worker.actor.CoreShell;
import dev.muster.worker.actor.Journal;
import dev.muster.worker.actor.LateTransport;
import dev.muster.worker.actor.Ports;
import dev.muster.worker.actor.Transport;
import dev.muster.worker.agent.Agent;
import dev.muster.worker.agent.AgentEvent;
import dev.muster.worker.agent.AgentSettings;
import dev.muster.worker.link.AgentLinkHandler;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One agent, alive: its core in an actor, its hands ({@link AgentRuntime}), its link. Any thread.
 */
public final class AgentHost {
  private static final Logger LOG = LoggerFactory.getLogger(AgentHost.class);

  private final AgentRuntime runtime;
  private final ActorRef<AgentEvent> core;

  private AgentHost(AgentRuntime runtime, ActorRef<AgentEvent> core) {
    this.runtime = runtime;
    this.core = core;
  }

  /**
   * Starts the core, then connects it.
   *
   * @param link connects the handler to the master and returns the way there
   * @param fatal told when the core broke an invariant; end the process, its warden ends the
   *     workers
   */
  public static AgentHost start(
      ActorSystem<?> system,
      AgentSettings settings,
      AgentRuntime runtime,
      Function<AgentLinkHandler, Transport> link,
      Consumer<Throwable> fatal) {
    var transport = new LateTransport();
    var ports =
        new Ports(
            Clock.SYSTEM,
            transport,
            Journal.NONE,
            runtime::perform,
            AgentHost::log,
            settings.incarnation(),
            fatal);
    ActorRef<AgentEvent> core =
        system.systemActorOf(
            CoreShell.of(new Agent(settings), ports), "agent-" + settings.node(), Props.empty());
    runtime.start(core::tell);
    transport.open(link.apply(new ToCore(core)));
    return new AgentHost(runtime, core);
  }

  /** Exit code of the agent, once its workers have ended. */
  public CompletableFuture<Integer> done() {
    return runtime.done();
  }

  /** Asks the master to let this node go; ends also without an answer. */
  public void stop(String reason) {
    core.tell(new AgentEvent.StopRequested(reason));
  }

  private static void log(Observation observation) {
    LOG.info("{}: {}", observation.topic(), observation.text());
  }

  private record ToCore(ActorRef<AgentEvent> core) implements AgentLinkHandler {
    @Override
    public void up() {
      core.tell(new AgentEvent.LinkUp());
    }

    @Override
    public void received(ToAgent message) {
      core.tell(new AgentEvent.Ordered(message));
    }

    @Override
    public void refused(String reason) {
      core.tell(new AgentEvent.LinkRefused(reason));
    }

    @Override
    public void down(String reason) {
      core.tell(new AgentEvent.LinkDown(reason));
    }
  }
}
