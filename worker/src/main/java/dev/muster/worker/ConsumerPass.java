package dev.muster.worker;

import dev.muster.protocol.NodeId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * How a process on an agent's host that is no worker reaches the agent to take ranges of data: a
 * file of three lines in the run folder, for the owner of the run alone.
 *
 * @param socket of the agent
 * @param token hex
 */
public record ConsumerPass(NodeId node, Path socket, String token) {

  /** Replaces the file at once; mode 0600 from its first byte. */
  public void write(Path file) throws IOException {
    var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    var draft = Files.createTempFile(file.getParent(), file.getFileName().toString(), ".new", mode);
    Files.write(draft, List.of(node.toString(), socket.toString(), token));
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * @throws IOException there is none, or it is no pass
   */
  public static ConsumerPass read(Path file) throws IOException {
    var lines = Files.readAllLines(file);
    if (lines.size() != 3) {
      throw new IOException("not a pass of a consumer: file=" + file);
    }
    return new ConsumerPass(new NodeId(lines.get(0)), Path.of(lines.get(1)), lines.get(2));
  }

  /** Without the token, so that it can be logged. */
  @Override
  public String toString() {
    return "ConsumerPass[node=" + node + ", socket=" + socket + "]";
  }
}
