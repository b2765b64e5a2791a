package dev.muster.worker.runtime;

import dev.muster.collectives.Groups;
import dev.muster.collectives.hosts.Endpoint;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.local.ControlPage;
import dev.muster.protocol.local.ControlPage.Phase;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.LocalMessage;
import dev.muster.protocol.local.ToWorker;
import dev.muster.worker.Connection;
import dev.muster.worker.FencedException;
import dev.muster.worker.TrainerFactory;
import dev.muster.worker.data.SampleLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * What runs inside a worker: connects to the agent, builds the trainer, starts the watch, then
 * hands the calling thread to the {@link WorkerLoop}. See docs/worker-protocol.md for the
 * conversation.
 */
public final class WorkerRuntime {
  private WorkerRuntime() {}

  /**
   * Returns when told to stop.
   *
   * @throws FencedException the agent is gone or the lease has run out; only when {@code fence}
   *     lets the process live
   */
  public static void run(
      TrainerFactory factory, Connection connection, Groups groups, Fence fence) {
    try (var socket = AgentSocket.connect(connection.socket())) {
      ToWorker.Welcome welcome = hello(socket, connection);
      try (var page = ControlPage.open(Path.of(welcome.controlPage()));
          var endpoint = endpoint(welcome)) {
        page.phase(Phase.STARTING);
        var agent = new Agent(socket, page, new Mailbox());
        var gpus = Gpus.of(welcome, groups);
        var group = LocalGroup.dataParallel(groups, gpus, endpoint, welcome);
        try (var _ = LifeSign.give(page, fence.ownsProcess() ? threadId() : 0);
            var watch =
                new Watch(
                    socket,
                    agent,
                    reason -> fence(reason, fence, agent, group),
                    revoke -> group.ended(revoke.generation(), revoke.reason()))) {
          watch.start(connection.worker(), fence.ownsProcess());
          train(
              factory,
              connection.worker(),
              agent,
              gpus,
              group,
              LocalGroup.rehearsal(groups, connection.worker(), welcome),
              welcome);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FencedException("the worker's thread was interrupted");
    }
  }

  /** Null when this worker is to accept no ranks of other hosts. */
  private static Endpoint endpoint(ToWorker.Welcome welcome) throws IOException {
    return welcome.listen() == null
        ? null
        : new Endpoint(
            new InetSocketAddress(welcome.listen(), 0),
            welcome.run(),
            HexFormat.of().parseHex(welcome.ranksKey()));
  }

  private static ToWorker.Welcome hello(AgentSocket socket, Connection connection)
      throws IOException {
    socket.send(
        new FromWorker.Hello(
            LocalMessage.VERSION,
            connection.worker(),
            connection.token(),
            ProcessHandle.current().pid(),
            threadId()));
    ToWorker answer = socket.receive();
    if (!(answer instanceof ToWorker.Welcome welcome)) {
      throw new FencedException(
          "the agent did not welcome this worker: worker="
              + connection.worker()
              + " answer="
              + answer
              + "; is its token the one it was started with?");
    }
    if (welcome.version() != LocalMessage.VERSION) {
      throw new IOException(
          "the agent speaks another version of the worker protocol: expected="
              + LocalMessage.VERSION
              + " actual="
              + welcome.version());
    }
    return welcome;
  }

  /** Whatever ends the worker from here on is told to the agent first. */
  private static void train(
      TrainerFactory factory,
      String worker,
      Agent agent,
      Gpus gpus,
      LocalGroup group,
      LocalGroup rehearsed,
      ToWorker.Welcome welcome)
      throws InterruptedException {
    try (var log = SampleLog.open(Path.of(welcome.sampleLog()));
        var replica =
            Replica.build(
                gpus.required(factory, worker),
                welcome,
                agent.page(),
                trainer -> DatasetTrainer.of(trainer, WorkerId.parse(worker), agent, log));
        var saver = new Saver(welcome, worker)) {
      var rehearsal = new Rehearsal(agent, rehearsed, replica, welcome);
      new WorkerLoop(
              agent,
              group,
              replica,
              log,
              SavedStates.of(welcome),
              saver,
              welcome.steps(),
              Loader.Mode.of(welcome),
              gpus.instead(rehearsal::play))
          .run();
    } catch (FencedException | InterruptedException e) {
      throw e;
    } catch (Throwable e) {
      agent
          .mailbox()
          .requireUnfenced(); // what an embedded worker throws after its agent is gone follows
      // from that
      agent.failed(e);
      throw unchecked(e);
    }
  }

  private static RuntimeException unchecked(Throwable error) {
    return switch (error) {
      case RuntimeException e -> e;
      case Error e -> throw e;
      default -> new IllegalStateException("the trainer failed: " + error, error);
    };
  }

  private static void fence(String reason, Fence fence, Agent agent, LocalGroup group) {
    fence.fenced(reason);
    agent.mailbox().fence(reason);
    group.revoke(reason);
  }

  /**
   * Kernel thread id, by which the agent reads how long the step thread waited for a CPU; 0 where
   * there is no /proc.
   */
  private static long threadId() {
    try {
      return Long.parseLong(
          Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName().toString());
    } catch (IOException | RuntimeException e) {
      return 0;
    }
  }
}
