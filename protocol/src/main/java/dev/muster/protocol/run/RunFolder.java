package dev.muster.protocol.run;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.RunId;
import dev.muster.protocol.WorkerId;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * Names of the files of one run; the layout is docs/run-folder.md.
 *
 * @param root absolute; its last element is the run id
 */
public record RunFolder(Path root) {
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  /** Of the names of {@link #flights}. */
  public static final String FLIGHTS_SUFFIX = ".flights.log";

  private static final String HOST_MARK = "@";

  public RunFolder {
    root = root.toAbsolutePath().normalize();
  }

  /**
   * Makes the folder with mode 0700 and its sub-folders.
   *
   * @throws FileAlreadyExistsException a run of this name exists; nothing was changed
   */
  public static RunFolder create(Path root) throws IOException {
    var folder = new RunFolder(root);
    Files.createDirectories(folder.root.getParent());
    Files.createDirectory(folder.root, OWNER_ONLY);
    for (var child :
        new Path[] {folder.agents(), folder.logs(), folder.samples(), folder.journal()}) {
      Files.createDirectory(child, OWNER_ONLY);
    }
    return folder;
  }

  public RunId run() {
    return new RunId(root.getFileName().toString());
  }

  public Path secret() {
    return root.resolve("secret");
  }

  public Path job() {
    return root.resolve("job.conf");
  }

  public Path master() {
    return root.resolve("master.json");
  }

  public Path masterLog() {
    return root.resolve("master.log");
  }

  public Path agents() {
    return root.resolve("agents");
  }

  public Path agent(NodeId node) {
    return agents().resolve(node + ".json");
  }

  public Path agentLog(NodeId node) {
    return agents().resolve(node + ".log");
  }

  /** What the flight recorders of its groups said when these ended, the newest last. */
  public Path flights(NodeId node) {
    return agents().resolve(node + FLIGHTS_SUFFIX);
  }

  /** With which processes of the agent's host that are no workers may take ranges of data. */
  public Path consumerPass(NodeId node) {
    return agents().resolve(node + ".pass");
  }

  public Path logs() {
    return root.resolve("logs");
  }

  /** Folder of one worker's {@code stdout.log} and {@code stderr.log}. */
  public Path logs(WorkerId worker) {
    return logs().resolve(fileName(worker));
  }

  public Path samples() {
    return root.resolve("samples");
  }

  public Path samples(WorkerId worker) {
    return samples().resolve(fileName(worker) + ".log");
  }

  public Path journal() {
    return root.resolve("journal");
  }

  /** Storage of checkpoints, unless the job names another. */
  public Path checkpoints() {
    return root.resolve("checkpoints");
  }

  public Path events() {
    return root.resolve("events.jsonl");
  }

  public Path progress() {
    return root.resolve("progress.json");
  }

  public Path result() {
    return root.resolve("result.json");
  }

  /**
   * Where the result of a run that goes on is kept.
   *
   * @param incarnation of the master that wrote it
   */
  public Path formerResult(long incarnation) {
    return root.resolve("result-" + incarnation + ".json");
  }

  /**
   * Sockets and shared segments of the run, outside its folder: a Unix socket's path holds at most
   * 107 bytes. Its name is unique on the host also when two runs have the same name.
   */
  public Path shared() {
    return Path.of(
        "/dev/shm",
        "muster-" + root.getFileName() + "-" + HexFormat.of().toHexDigits(realPath().hashCode()));
  }

  /**
   * The same of an agent that stands for a host of its own.
   *
   * @param host empty: of all agents that name none
   */
  public Path shared(String host) {
    return host.isEmpty() ? shared() : Path.of(shared() + HOST_MARK + host);
  }

  /** Of all hosts that agents on this machine stand for. */
  public List<Path> sharedOfAllHosts() throws IOException {
    var all = new ArrayList<>(List.of(shared()));
    if (Files.isDirectory(shared().getParent())) {
      try (var marked =
          Files.newDirectoryStream(
              shared().getParent(), shared().getFileName() + HOST_MARK + "*")) {
        marked.forEach(all::add);
      }
    }
    return all;
  }

  private String realPath() {
    try {
      return root.toRealPath().toString();
    } catch (IOException notThere) {
      return root.toString();
    }
  }

  private static String fileName(WorkerId worker) {
    return worker.node() + "-" + worker.number();
  }
}
