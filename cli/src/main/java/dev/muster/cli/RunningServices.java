package dev.muster.cli;

import dev.muster.master.MasterMain;
import dev.muster.protocol.NodeId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.run.RunFolder;
import dev.muster.worker.host.AgentMain;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@code muster master} and {@code muster agent} do once their flags are read; each runs to
 * its end and gives its exit code.
 */
final class RunningServices {
  private RunningServices() {}

  /**
   * @param attached standard input commands it: a line {@code stop} or its end ends the job
   */
  static int master(RunFolder folder, HostPort listen, boolean attached) {
    return MasterMain.run(new MasterMain.Options(folder, address(listen), attached));
  }

  static int agent(
      RunId run,
      RunFolder folder,
      HostPort join,
      Path secret,
      int slots,
      NodeId node,
      List<String> domains,
      String host,
      InetSocketAddress reachedAt) {
    return AgentMain.run(
        new AgentMain.Options(
            run, folder, address(join), secret, node, slots, domains, host, reachedAt));
  }

  private static InetSocketAddress address(HostPort at) {
    return new InetSocketAddress(at.host(), at.port());
  }
}
