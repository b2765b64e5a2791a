package dev.muster.cli;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.run.RunFolder;
import java.nio.file.Path;

/** The two long-running services in this process: what {@code muster master} and {@code muster agent} do once their flags are read. */
public interface Services {
  /**
   * Runs the master of the job in {@code folder/job.conf} until it ends; the contract is that of
   * {@code ServiceCommands.master}.
   *
   * @param port 0 for any; the one taken is in {@code master.json}
   * @return exit code of the process
   */
  int master(RunFolder folder, String host, int port) throws Exception;

  /**
   * Runs a node agent until the master sends it home.
   *
   * @param folder where its logs go
   * @param slots worker processes it may run at once, spares included
   * @return exit code of the process
   */
  int agent(RunFolder folder, String host, int port, Path secret, int slots, NodeId node) throws Exception;
}
