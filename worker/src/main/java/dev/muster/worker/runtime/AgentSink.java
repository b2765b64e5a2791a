package dev.muster.worker.runtime;

import dev.muster.protocol.local.FromWorker;
import java.io.IOException;

/** Where a worker's messages go. */
@FunctionalInterface
interface AgentSink {
  /**
   * @throws IOException the agent is gone
   */
  void send(FromWorker message) throws IOException;
}
