package dev.muster.cli;

import dev.muster.cli.process.Pids;
import dev.muster.cli.process.Programs;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;

/** What must hold before a run writes its first file. Each check says what is wrong, where, and what to do. */
final class Preflight {
  private static final long MIB = 1L << 20;

  /** Logs, journal and events of a short run. */
  private static final long DISK_BYTES_MIN = 64 * MIB;

  private Preflight() {}

  static void check(Path root, HostPort listen, JobFile job, Workload workload) throws IOException {
    if (!Programs.onPath("setsid")) {
      throw UserError.failed("setsid is not on the PATH; install util-linux: workers need process groups of their own");
    }
    var parent = existing(root.toAbsolutePath().normalize().getParent());
    if (!Files.isWritable(parent)) {
      throw UserError.failed("cannot write here: folder=" + parent + "; use --run-dir");
    }
    space(parent, DISK_BYTES_MIN, "free some, or use --run-dir on another disk");
    long processes = job.spec().workers() + job.spec().spares();
    space(
        Path.of("/dev/shm"),
        processes * workload.sharedBytesPerRank(),
        "give the container more (--shm-size), or take fewer workers");
    portFree(listen);
  }

  static void noLivingMaster(RunFolder folder) throws IOException {
    var master = RunFiles.read(folder.master(), MasterFile.class);
    if (master.isPresent() && Pids.lives(master.get().pid(), master.get().startedEpochMillis())) {
      throw UserError.usage("the run has a living master: run=" + folder.run() + " pid=" + master.get().pid() + "; stop it with ./muster stop " + folder.run());
    }
  }

  /** @param data null when none was named */
  static void dataReadable(Path data) throws IOException {
    if (data == null) {
      return;
    }
    if (!Files.isRegularFile(data) || !Files.isReadable(data)) {
      throw UserError.usage("cannot read the data: file=" + data.toAbsolutePath() + "; it must be a readable file");
    }
    if (Files.size(data) == 0) {
      throw UserError.usage("the data is empty: file=" + data.toAbsolutePath());
    }
  }

  private static Path existing(Path folder) {
    var path = folder;
    while (path.getParent() != null && !Files.exists(path)) {
      path = path.getParent();
    }
    return path;
  }

  private static void space(Path folder, long neededBytes, String advice) throws IOException {
    long free = Files.getFileStore(folder).getUsableSpace();
    if (free < neededBytes) {
      throw UserError.failed(
          "not enough space: folder=" + folder + " neededMiB=" + neededBytes / MIB + " freeMiB=" + free / MIB + "; " + advice);
    }
  }

  private static void portFree(HostPort at) {
    var address = new InetSocketAddress(at.host(), at.port());
    if (address.isUnresolved()) {
      throw UserError.usage("no such host: --listen " + at.host() + ":" + at.port());
    }
    try (var socket = new ServerSocket()) {
      socket.bind(address);
    } catch (IOException e) {
      throw UserError.failed("cannot listen: address=" + at.host() + ":" + at.port() + " cause=" + e.getMessage() + "; take another port, 0 for any");
    }
  }
}
