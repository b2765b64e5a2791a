package dev.muster.worker.runtime;

import dev.muster.protocol.local.ToWorker;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * The two daemon threads beside the step thread: one reads the agent's orders into the mailbox and
 * takes the end of the stream for the agent's death, one looks at the lease. Either fences the
 * worker, so that a rank which was cut off or whose agent is frozen stops by itself, also when its
 * own step thread hangs (Gray and Cheriton, "Leases", 1989).
 */
final class Watch implements AutoCloseable {
  /** How late an expired lease is noticed at most; 15 looks a second cost no measurable CPU. */
  private static final long LOOK_NS = 65_000_000L;

  private final AgentSocket socket;
  private final Agent agent;
  private final Consumer<String> fence;
  private final Consumer<ToWorker.Revoke> revoked;
  private volatile boolean closed;
  private Thread lease;

  /**
   * @param fence told why this worker must stop
   * @param revoked told of the end of a group while the step thread may be anywhere; returns soon
   */
  Watch(
      AgentSocket socket, Agent agent, Consumer<String> fence, Consumer<ToWorker.Revoke> revoked) {
    this.socket = socket;
    this.agent = agent;
    this.fence = fence;
    this.revoked = revoked;
  }

  void start(String worker, boolean ownsProcess) {
    Thread.ofPlatform().daemon().name("muster-orders-" + worker).start(this::read);
    lease =
        Thread.ofPlatform().daemon().name("muster-lease-" + worker).start(() -> look(ownsProcess));
  }

  private void read() {
    String reason = "the agent closed the connection";
    try {
      for (ToWorker message = socket.receive(); message != null; message = socket.receive()) {
        agent.mailbox().put(message);
        if (message instanceof ToWorker.Revoke revoke) {
          revoked.accept(revoke);
        }
      }
    } catch (IOException | RuntimeException e) {
      reason = "the connection to the agent broke: " + e;
    }
    fence(reason);
  }

  private void look(boolean ownsProcess) {
    if (ownsProcess) {
      ParentDeath.killMeToo();
    }
    while (!closed) {
      long deadlineNs = agent.page().leaseDeadlineNs();
      long lateNs = System.nanoTime() - deadlineNs;
      if (deadlineNs != 0 && lateNs > 0) {
        fence("the lease ran out: lateNs=" + lateNs);
        return;
      }
      LockSupport.parkNanos(LOOK_NS);
    }
  }

  private void fence(String reason) {
    if (!closed) {
      fence.accept(reason);
    }
  }

  /** Waits for the thread that looks at the page, which may be unmapped afterwards. */
  @Override
  public void close() throws InterruptedException {
    closed = true;
    LockSupport.unpark(lease);
    lease.join();
  }
}
