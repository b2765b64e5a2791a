package dev.muster.worker.host;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.run.AgentFile;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import dev.muster.worker.process.ProcessStat;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The right to be the agent of one node of a run: a locked file beside {@code agents/<node>.json},
 * which the system unlocks when the process ends, however it ends. Sweeps what a former agent of
 * the name left behind.
 */
final class AgentClaim implements AutoCloseable {
  private final FileChannel channel;
  private final Path file;

  private AgentClaim(FileChannel channel, Path file) {
    this.channel = channel;
    this.file = file;
  }

  /**
   * @throws IOException another agent of this name is alive; the message names its pid
   */
  static AgentClaim take(RunFolder folder, NodeId node, Path shared) throws IOException {
    Files.createDirectories(folder.agents());
    var channel =
        FileChannel.open(
            folder.agents().resolve(node + ".lock"),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE);
    if (lock(channel) == null) {
      channel.close();
      String pid =
          RunFiles.read(folder.agent(node), AgentFile.class)
              .map(f -> Long.toString(f.pid()))
              .orElse("unknown");
      throw new IOException(
          "an agent of this name runs already: node="
              + node
              + " pid="
              + pid
              + " run="
              + folder.root()
              + "; choose another --node or stop it");
    }
    sweep(node, shared);
    long pid = ProcessHandle.current().pid();
    RunFiles.write(folder.agent(node), new AgentFile(pid, node.name(), System.currentTimeMillis()));
    return new AgentClaim(channel, folder.agent(node));
  }

  private static FileLock lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException heldByThisProcess) {
      return null;
    }
  }

  /** Kills the workers, should the former warden have died too, and deletes their pages. */
  private static void sweep(NodeId node, Path shared) throws IOException {
    try (var files = Files.newDirectoryStream(shared, node + "-*")) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (name.endsWith(Pages.GROUP_SUFFIX)) {
          killGroup(file);
        }
        if (name.endsWith(Pages.GROUP_SUFFIX) || name.endsWith(Pages.PAGE_SUFFIX)) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private static void killGroup(Path file) throws IOException {
    String[] words = Files.readString(file).trim().split(" ");
    if (words.length == 2) {
      ProcessStat.killGroupOf(Long.parseLong(words[0]), Long.parseLong(words[1]));
    }
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(file);
    channel.close();
  }
}
