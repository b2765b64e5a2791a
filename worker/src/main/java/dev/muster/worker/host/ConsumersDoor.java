package dev.muster.worker.host;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.WorkerId;
import dev.muster.protocol.local.FromWorker;
import dev.muster.protocol.local.LocalMessage;
import dev.muster.protocol.local.ToWorker;
import dev.muster.protocol.message.ToMaster;
import dev.muster.worker.ConsumerPass;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;

/**
 * Lets processes in that take ranges of data and are no workers: whoever can read the pass in the
 * run folder, which is of mode 0600, as the socket is.
 */
final class ConsumersDoor {
  private final NodeId node;
  private final String run;
  private final ConsumerPass pass;

  /** Writes the pass, in the place of a former agent's. */
  ConsumersDoor(NodeId node, String run, Path socket, String token, Path file) throws IOException {
    this.node = node;
    this.run = run;
    this.pass = new ConsumerPass(node, socket, token);
    pass.write(file);
  }

  boolean admits(WorkerId id, FromWorker.Hello hello) {
    return id.consumer()
        && id.node().equals(node)
        && MessageDigest.isEqual(
            pass.token().getBytes(StandardCharsets.UTF_8),
            String.valueOf(hello.token()).getBytes(StandardCharsets.UTF_8));
  }

  /** It has no page and no logs. */
  ToWorker.Welcome welcome() {
    return new ToWorker.Welcome(
        LocalMessage.VERSION,
        run,
        "",
        "",
        "",
        0,
        0,
        0,
        Map.of(),
        List.of(),
        "",
        ToWorker.Welcome.STEP,
        null);
  }

  /** What a consumer says last, in the words of the agent, when its connection is closed. */
  static FromWorker left() {
    return new FromWorker.DatasetRequest(
        0, 0, 0, "", ToMaster.DatasetVerb.LEAVE.word(), "", 0, 0, "");
  }
}
