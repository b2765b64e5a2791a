package dev.muster.worker.runtime;

import dev.muster.protocol.local.ControlPage;
import dev.muster.protocol.local.FromWorker;
import dev.muster.worker.FencedException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;

/**
 * The three ways a worker is in touch with its agent: messages both ways, and the page for what
 * changes too often.
 */
record Agent(AgentSink sink, ControlPage page, Mailbox mailbox) {
  /** Well below the frame limit, also when every character needs three bytes and an escape. */
  private static final int ERROR_CHARS_MAX = 64 << 10;

  void send(FromWorker message) {
    try {
      sink.send(message);
    } catch (IOException e) {
      mailbox.requireUnfenced();
      throw new FencedException(
          "the agent is gone: message=" + message.getClass().getSimpleName() + " error=" + e);
    }
  }

  /** Reports an error of the user's code with its full stack trace. */
  void failed(Throwable error) {
    var trace = new StringWriter();
    error.printStackTrace(new PrintWriter(trace));
    String text = trace.toString();
    send(
        new FromWorker.Failed(
            page.generation(),
            page.stepInFlight(),
            text.substring(0, Math.min(text.length(), ERROR_CHARS_MAX))));
  }
}
