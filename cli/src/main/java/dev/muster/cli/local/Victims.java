package dev.muster.cli.local;

import dev.muster.protocol.NodeId;
import dev.muster.protocol.run.AgentFile;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.TreeMap;

/** Finds processes of a run the way the simulated world does: by node, then by draw. */
final class Victims {
  private static final String SUFFIX = ".group";
  private final RunFolder folder;

  Victims(RunFolder folder) {
    this.folder = folder;
  }

  /** Any worker of the node, spares included. */
  Optional<ProcessHandle> worker(int agent, long draw) throws IOException {
    return drawn(workers("n" + agent), draw);
  }

  /** A member of the newest group, as the master published it last. */
  Optional<ProcessHandle> member(int agent, long draw) throws IOException {
    var pids = new TreeMap<Integer, Long>();
    var progress = RunFiles.read(folder.progress(), Progress.class).orElse(Progress.NONE);
    for (var rank : progress.ranks()) {
      if (rank.node().equals("n" + agent)) {
        pids.put(number(rank.worker(), '/'), rank.pid());
      }
    }
    return drawn(pids, draw);
  }

  Optional<ProcessHandle> agent(int agent) throws IOException {
    return RunFiles.read(folder.agent(new NodeId("n" + agent)), AgentFile.class)
        .flatMap(file -> ProcessHandle.of(file.pid()));
  }

  Optional<ProcessHandle> master() throws IOException {
    return RunFiles.read(folder.master(), MasterFile.class)
        .flatMap(file -> ProcessHandle.of(file.pid()));
  }

  private static Optional<ProcessHandle> drawn(TreeMap<Integer, Long> pids, long draw) {
    var living =
        pids.values().stream()
            .flatMap(pid -> ProcessHandle.of(pid).stream())
            .filter(ProcessHandle::isAlive)
            .toList();
    return living.isEmpty()
        ? Optional.empty()
        : Optional.of(living.get((int) Math.floorMod(draw, (long) living.size())));
  }

  /** By number: each has a file in the shared folder that begins with its process id. */
  private TreeMap<Integer, Long> workers(String node) throws IOException {
    var pids = new TreeMap<Integer, Long>();
    try (var files = Files.newDirectoryStream(folder.shared(), node + "-*" + SUFFIX)) {
      for (var file : files) {
        String name = file.getFileName().toString().replace(SUFFIX, "");
        pid(file).ifPresent(pid -> pids.put(number(name, '-'), pid));
      }
    } catch (NoSuchFileException | NotDirectoryException none) {
      // nobody has started yet, or nobody is left
    }
    return pids;
  }

  private static Optional<Long> pid(Path file) throws IOException {
    try {
      String text = Files.readString(file).strip();
      return text.contains(" ")
          ? Optional.of(Long.valueOf(text.substring(0, text.indexOf(' '))))
          : Optional.empty();
    } catch (NoSuchFileException gone) {
      return Optional.empty();
    }
  }

  private static int number(String worker, char separator) {
    return Integer.parseInt(worker.substring(worker.lastIndexOf(separator) + 1));
  }
}
