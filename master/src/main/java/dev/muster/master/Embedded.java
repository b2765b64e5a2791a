package dev.muster.master;

import com.typesafe.config.ConfigFactory;
import dev.muster.collectives.local.LocalGroups;
import dev.muster.master.wiring.EmbeddedMaster;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.job.JobSpecException;
import dev.muster.protocol.job.JobSpecReader;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFolder;
import dev.muster.worker.TrainerFactory;
import dev.muster.worker.agent.AgentSettings;
import dev.muster.worker.host.AgentHost;
import dev.muster.worker.host.AgentRuntime;
import dev.muster.worker.host.HostSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A whole run inside the caller's JVM: master, agent and workers, each worker a thread. The same
 * cores as in a cluster, on Pekko's local provider: no cluster, no database, no TCP, and the
 * journal ends with the process. For tests, for first steps, for programs that own their machine.
 * Needs no JVM flag.
 */
public final class Embedded implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Embedded.class);
  private static final NodeId NODE = new NodeId("n0");
  private static final long RECONNECT_NS = 1_000_000_000L;

  private final RunFolder folder;
  private final ActorSystem<Void> system;
  private final EmbeddedMaster master;
  private final AgentHost agent;

  private Embedded(
      RunFolder folder, ActorSystem<Void> system, EmbeddedMaster master, AgentHost agent) {
    this.folder = folder;
    this.system = system;
    this.master = master;
    this.agent = agent;
  }

  /**
   * Starts a run and returns at once.
   *
   * @param folder new; gets the events, sample logs and result of the run
   * @param settings configuration keys to values, for example {@code muster.job.workers} to {@code
   *     2}
   * @param trainer called once per worker, on that worker's thread
   * @throws JobSpecException a setting is wrong; all errors at once
   * @throws IOException the folder exists or cannot be made
   */
  public static Embedded start(Path folder, Map<String, String> settings, TrainerFactory trainer)
      throws JobSpecException, IOException {
    var checked = JobSpecReader.read(List.of(), settings);
    var run = RunFolder.create(folder);
    var runtime =
        new AgentRuntime(
            new HostSettings(NODE, run, run.shared(), line -> {}, new LocalGroups()), trainer);
    var system =
        ActorSystem.<Void>create(Behaviors.empty(), "embedded", ConfigFactory.load("muster-agent"));
    var master = EmbeddedMaster.start(system, run, checked);
    int slots = checked.job().workers() + checked.job().spares();
    var agent =
        AgentHost.start(
            system,
            new AgentSettings(NODE, 1, "localhost", slots, RECONNECT_NS),
            runtime,
            handler -> master.link().connect(NODE, handler),
            master::fail);
    return new Embedded(run, system, master, agent);
  }

  /** Complete when the run is over; failed when a core broke an invariant. */
  public CompletableFuture<Result> result() {
    return master.result();
  }

  /** Asks for the end of the run at the next step. */
  public void stop() {
    master.stop("the program asked for it");
  }

  /** Stops the run if it is not over, and waits for its threads. */
  @Override
  public void close() {
    if (!master.result().isDone()) {
      stop();
    }
    agent.done().join();
    master.close();
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().join();
    try {
      Files.deleteIfExists(folder.shared());
    } catch (IOException inUse) {
      LOG.warn(
          "shared memory is left behind: folder={} cause={}", folder.shared(), inUse.getMessage());
    }
  }
}
