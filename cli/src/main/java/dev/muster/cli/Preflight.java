package dev.muster.cli;

import dev.muster.cli.process.Pids;
import dev.muster.cli.process.Programs;
import dev.muster.cli.process.RunsDirectory;
import dev.muster.collectives.nccl.NcclLibrary;
import dev.muster.protocol.RunId;
import dev.muster.protocol.job.JobSpec;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import dev.muster.worker.checkpoint.storage.Storages;
import dev.muster.worker.link.LinkServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What must hold before a run writes its first file. Each check says what is wrong, where, and what
 * to do.
 */
final class Preflight {
  private static final long MIB = 1L << 20;

  /** Logs, journal and events of a short run. */
  private static final long DISK_BYTES_MIN = 64 * MIB;

  private Preflight() {}

  /**
   * All of it.
   *
   * @param data null when none was named
   */
  static Workload check(Path root, HostPort listen, JobFile job, Path data) throws IOException {
    dataReadable(data);
    var workload = Workload.of(job);
    check(root, listen, job, workload);
    return workload;
  }

  private static void check(Path root, HostPort listen, JobFile job, Workload workload)
      throws IOException {
    newFolder(root.toAbsolutePath().normalize());
    if (!Programs.onPath("setsid")) {
      throw UserError.failed(
          "setsid is not on the PATH; install util-linux: workers need process groups of their"
              + " own");
    }
    var parent = existing(root.toAbsolutePath().normalize().getParent());
    if (!Files.isWritable(parent)) {
      throw UserError.failed("cannot write here: folder=" + parent + "; use --run-dir");
    }
    diskRoom(parent);
    long processes = job.spec().workers() + job.spec().spares();
    space(
        Path.of("/dev/shm"),
        processes * workload.sharedBytesPerRank(),
        "give the container more (--shm-size), or take fewer workers");
    portFree(listen);
    storageThere(job.spec().checkpoint().folder());
    ncclThere(job.spec().worker());
  }

  /** A storage that is no folder: asked once now, not when the first checkpoint is due. */
  private static void storageThere(String place) {
    if (Storages.remote(place)) {
      try {
        Storages.open(place).steps();
      } catch (IOException e) {
        throw UserError.usage(e.getMessage());
      }
    }
  }

  /** Workers look for themselves too: those with a path of libraries of their own find others. */
  private static void ncclThere(JobSpec.WorkerSpec worker) {
    if (worker.gpus() == JobSpec.Gpus.NCCL
        && !worker.environment().containsKey("LD_LIBRARY_PATH")) {
      NcclLibrary.missingFile()
          .ifPresent(why -> {
            throw UserError.failed(
                why + "; or set muster.worker.gpus=auto: GPUs where all members have them");
          });
    }
  }

  private static void newFolder(Path root) {
    var name = root.getFileName().toString();
    if (!RunId.valid(name)) {
      throw UserError.usage(
          "bad name of a run folder: name="
              + name
              + "; use at most 48 letters, digits, '_' and, not first, '.' and '-'");
    }
    if (Files.exists(root)) {
      throw UserError.usage(
          "run folder exists: folder=" + root + "; name a new one, or go on with --resume");
    }
    var parent = existing(root.getParent());
    if (!Files.isDirectory(parent)) {
      throw UserError.usage(
          "not a folder: path=" + parent + "; the run folder cannot be made in it");
    }
  }

  /** For agents of this host; those of other hosts have their own programs. */
  static void programThere(JobFile job) {
    var program = job.spec().worker().command().getFirst();
    if (!Programs.executable(program)) {
      throw UserError.usage(
          "no such program: name="
              + program
              + (program.contains("/") ? "; expected an executable file" : "; looked on the PATH"));
    }
  }

  static void diskRoom(Path folder) throws IOException {
    space(folder, DISK_BYTES_MIN, "free some, or use --run-dir on another disk");
  }

  static void noLivingMaster(RunFolder folder) throws IOException {
    var master = RunFiles.read(folder.master(), MasterFile.class);
    if (master.isPresent() && Pids.lives(master.get().pid(), master.get().startedEpochMillis())) {
      var name = RunsDirectory.nameOf(folder);
      throw UserError.usage(
          "the run has a living master: run="
              + name
              + " pid="
              + master.get().pid()
              + "; stop it with ./muster stop "
              + name);
    }
  }

  private static void dataReadable(Path data) throws IOException {
    if (data == null) {
      return;
    }
    if (!Files.isRegularFile(data) || !Files.isReadable(data)) {
      throw UserError.usage(
          "cannot read the data: file=" + data.toAbsolutePath() + "; it must be a readable file");
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
          "not enough space: folder="
              + folder
              + " neededMiB="
              + neededBytes / MIB
              + " freeMiB="
              + free / MIB
              + "; "
              + advice);
    }
  }

  private static void portFree(HostPort at) {
    var address = new InetSocketAddress(at.host(), at.port());
    if (address.isUnresolved()) {
      throw UserError.usage("no such host: --listen " + at.host() + ":" + at.port());
    }
    try {
      LinkServer.requireLoopback(address);
    } catch (IllegalArgumentException network) {
      throw UserError.usage(network.getMessage());
    }
    try (var socket = new ServerSocket()) {
      socket.bind(address);
    } catch (IOException e) {
      throw UserError.failed(
          "cannot listen: address="
              + at.host()
              + ":"
              + at.port()
              + " cause="
              + e.getMessage()
              + "; take another port, 0 for any");
    }
  }
}
