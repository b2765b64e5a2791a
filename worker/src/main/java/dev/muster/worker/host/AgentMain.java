package dev.muster.worker.host;

import com.typesafe.config.ConfigFactory;
import dev.muster.collectives.bulk.BulkLimits;
import dev.muster.collectives.bulk.BulkTransport;
import dev.muster.collectives.shared.SharedMemoryGroups;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import dev.muster.protocol.wire.Secret;
import dev.muster.worker.actor.Signals;
import dev.muster.worker.agent.AgentSettings;
import dev.muster.worker.link.Backoff;
import dev.muster.worker.link.LinkClient;
import dev.muster.worker.link.LinkIdentity;
import dev.muster.worker.link.LinkLimits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The process of a node agent. */
public final class AgentMain {
  private static final Logger LOG = LoggerFactory.getLogger(AgentMain.class);
  private static final int FAILED = 1;
  private static final int BROKEN_INVARIANT = 70;
  private static final long RECONNECT_NS = Duration.ofSeconds(60).toNanos();

  /**
   * Which run, which node, how to find the master.
   *
   * @param run as the master calls it
   * @param folder of the run on this host, of any name; its {@code master.json}, if there is one,
   *     is read before every attempt to connect
   * @param join where the master is when there is no {@code master.json}; null for none
   * @param slots worker processes at once, spares included
   * @param domains what this host fails together with, outermost first
   * @param host empty, or this agent shares memory only with agents that name the same
   * @param reachedAt where other hosts reach this one's workers and snapshots; of any port
   */
  public record Options(
      RunId run,
      RunFolder folder,
      InetSocketAddress join,
      Path secret,
      NodeId node,
      int slots,
      List<String> domains,
      String host,
      InetSocketAddress reachedAt) {}

  private AgentMain() {}

  /** Arguments: run folder, node name, slots. */
  public static void main(String[] args) {
    if (args.length != 3) {
      System.err.println("usage: AgentMain RUN_FOLDER NODE SLOTS");
      System.exit(2);
    }
    var folder = new RunFolder(Path.of(args[0]));
    System.exit(
        run(
            new Options(
                folder.run(),
                folder,
                null,
                folder.secret(),
                new NodeId(args[1]),
                Integer.parseInt(args[2]),
                List.of(),
                "",
                BulkTransport.LOOPBACK)));
  }

  /**
   * Runs the agent until the master sends it home, its lease is over for good, or a signal; returns
   * the exit code.
   */
  public static int run(Options options) {
    try {
      return supervise(options);
    } catch (IOException e) {
      System.err.println("cannot start the agent: " + e.getMessage());
      return FAILED;
    }
  }

  private static int supervise(Options options) throws IOException {
    var secret = Secret.read(options.secret());
    var identity = new LinkIdentity(options.run(), secret);
    var settings =
        new HostSettings(
            options.node(),
            options.folder(),
            options.folder().shared(options.host()),
            System.out::println,
            new SharedMemoryGroups(),
            RankNetwork.of(options.reachedAt().getAddress(), secret.derive("ranks")));
    var runtime = new AgentRuntime(settings);
    String bulk = runtime.servePeers(peers(secret), options.reachedAt());
    var system =
        ActorSystem.<Void>create(Behaviors.empty(), "agent", ConfigFactory.load("muster-agent"));
    long incarnation = new SecureRandom().nextLong();
    var agent =
        AgentHost.start(
            system,
            new AgentSettings(
                options.node(),
                incarnation,
                hostName(),
                options.slots(),
                RECONNECT_NS,
                bulk,
                options.domains(),
                Machine.of(settings.shared())),
            runtime,
            handler ->
                LinkClient.start(
                    system,
                    identity,
                    LinkLimits.DEFAULT,
                    () -> master(options),
                    Backoff.quick(incarnation, 0),
                    handler),
            AgentMain::halt);
    Signals.onStop(signal -> agent.stop("signal " + signal));
    int code = agent.done().join();
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().join();
    return code;
  }

  /** With a key of its own, which tells nothing of the link's. */
  private static BulkTransport peers(Secret secret) {
    return BulkTransport.tcp(secret.derive("peers"), BulkLimits.DEFAULT);
  }

  private static Optional<InetSocketAddress> master(Options options) {
    try {
      return RunFiles.read(options.folder().master(), MasterFile.class)
          .map(file -> new InetSocketAddress(file.host(), file.port()))
          .or(() -> Optional.ofNullable(options.join()));
    } catch (IOException unreadable) {
      LOG.warn(
          "cannot read the master's address: file={} cause={}",
          options.folder().master(),
          unreadable.getMessage());
      return Optional.ofNullable(options.join());
    }
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException nameless) {
      return "localhost";
    }
  }

  /** No shutdown hooks: they could wait for what is broken. The warden ends the workers. */
  private static void halt(Throwable broken) {
    LOG.error("the agent ends: exitCode={}", BROKEN_INVARIANT, broken);
    Runtime.getRuntime().halt(BROKEN_INVARIANT);
  }
}
