package dev.muster.worker.runtime;

import dev.muster.protocol.WorkerId;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.LocalMessage;
import dev.muster.protocol.local.ToWorker;
import dev.muster.protocol.message.ToMaster.DatasetVerb;
import dev.muster.worker.ConsumerPass;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The conversation of a consumer with an agent. One question at a time. */
public final class ConsumerLink implements AutoCloseable {
  private static final long ASK_AGAIN_MS = 500;

  /** In the place of an answer: there will be none. */
  private static final ToWorker GONE = new ToWorker.Stop("the agent is gone");

  private final WorkerId id;
  private final AgentSocket socket;
  private final BlockingQueue<ToWorker> heard = new LinkedBlockingQueue<>();
  private int requests;

  private ConsumerLink(WorkerId id, AgentSocket socket) {
    this.id = id;
    this.socket = socket;
    Thread.ofPlatform().daemon().name("consumer-reader").start(this::read);
  }

  /**
   * @throws IOException no agent is there, or it does not let this process in
   */
  public static ConsumerLink open(ConsumerPass pass) throws IOException {
    int number = WorkerId.FIRST_CONSUMER + new SecureRandom().nextInt(WorkerId.FIRST_CONSUMER);
    var id = new WorkerId(pass.node(), number);
    var socket = AgentSocket.connect(pass.socket());
    socket.send(
        new FromWorker.Hello(
            LocalMessage.VERSION, id.toString(), pass.token(), ProcessHandle.current().pid(), 0));
    if (!(socket.receive() instanceof ToWorker.Welcome)) {
      socket.close();
      throw new IOException(
          "the agent did not let this consumer in: %s; is the pass that of a live agent?"
              .formatted(pass));
    }
    return new ConsumerLink(id, socket);
  }

  public WorkerId id() {
    return id;
  }

  private void read() {
    try {
      for (var next = socket.receive(); next != null; next = socket.receive()) {
        heard.add(next);
      }
    } catch (IOException closed) {
      // told below
    }
    heard.add(GONE);
  }

  /**
   * Waits for the answer, however long the master is away.
   *
   * @throws IOException the agent is gone
   */
  public ToWorker.DatasetReply ask(
      long generation, String dataset, DatasetVerb verb, String partition, long from, long to)
      throws IOException {
    int request = requests++;
    var question =
        new FromWorker.DatasetRequest(
            generation, 0, request, dataset, verb.word(), partition, from, to, "");
    while (true) {
      send(question);
      var reply = await(request);
      if (reply != null) {
        return reply;
      }
    }
  }

  private void send(FromWorker question) throws IOException {
    try {
      socket.send(question);
    } catch (IOException e) {
      throw new IOException("the agent is gone: consumer=" + id + " error=" + e.getMessage(), e);
    }
  }

  /** Null: none came in time. */
  private ToWorker.DatasetReply await(int request) throws IOException {
    try {
      ToWorker next = heard.poll(ASK_AGAIN_MS, TimeUnit.MILLISECONDS);
      while (next instanceof ToWorker.DatasetReply reply && reply.request() != request) {
        next = heard.poll(ASK_AGAIN_MS, TimeUnit.MILLISECONDS); // of a question asked twice
      }
      if (next == GONE) {
        heard.add(GONE);
        throw new IOException("the agent is gone: consumer=" + id);
      }
      return (ToWorker.DatasetReply) next;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while it waits for the master: consumer=" + id, e);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
