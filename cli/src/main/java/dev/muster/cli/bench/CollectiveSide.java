package dev.muster.cli.bench;

import dev.muster.cli.process.JavaCommand;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Whose collectives are measured by {@code muster bench collectives}. */
public enum CollectiveSide {
  SHARED("muster"),
  NATIVE("with copies"),
  OPENMPI("openmpi"),
  GLOO("gloo");

  private final String label;

  CollectiveSide(String label) {
    this.label = label;
  }

  public String label() {
    return label;
  }

  public boolean ours() {
    return this == SHARED || this == NATIVE;
  }

  /** Why this machine cannot run it, and what helps. */
  public Optional<String> missing() {
    return switch (this) {
      case SHARED, NATIVE -> Optional.empty();
      case OPENMPI ->
          found("mpicc", "--version") && found("mpirun", "--version")
              ? Optional.empty()
              : Optional.of(
                  "openmpi is skipped: no mpicc and mpirun here; on Debian:"
                      + " apt-get install openmpi-bin libopenmpi-dev");
      case GLOO ->
          python().isPresent()
              ? Optional.empty()
              : Optional.of(
                  "gloo is skipped: no Python here that has torch.distributed; on Debian:"
                      + " apt-get install python3-torch");
    };
  }

  /** What it calls itself. */
  public String version() throws IOException {
    return switch (this) {
      case SHARED -> "tensors in shared memory";
      case NATIVE -> "ordinary native memory, copied in and out";
      case OPENMPI -> firstLine("mpirun", "--version");
      case GLOO ->
          "PyTorch "
              + firstLine(python().orElseThrow(), "-c", "import torch; print(torch.__version__)");
    };
  }

  /**
   * Its ranks, started and waiting.
   *
   * @param folder empty, in shared memory
   * @param bytesMax of any call
   */
  RankTeam start(Path folder, int worldSize, long bytesMax) throws IOException {
    var team = new RankTeam(folder.resolve("errors"));
    switch (this) {
      case SHARED -> java(team, "shared", folder, worldSize, bytesMax);
      case NATIVE -> java(team, "native", folder, worldSize, bytesMax);
      case OPENMPI -> openmpi(team, folder, worldSize, bytesMax);
      case GLOO -> gloo(team, folder, worldSize, bytesMax);
    }
    return team;
  }

  private static void java(RankTeam team, String memory, Path folder, int worldSize, long bytesMax)
      throws IOException {
    for (int rank = 0; rank < worldSize; rank++) {
      var command = JavaCommand.trainer(CollectiveRank.class.getName());
      command.addAll(
          List.of(
              folder.toString(),
              memory,
              Integer.toString(worldSize),
              Integer.toString(rank),
              Long.toString(bytesMax),
              memory));
      team.add(new ProcessBuilder(command));
    }
  }

  /** The launcher gives its input to rank 0 only, so each rank has a named pipe. */
  private static void openmpi(RankTeam team, Path folder, int worldSize, long bytesMax)
      throws IOException {
    openmpi(team, folder, worldSize, bytesMax, List.of());
  }

  /**
   * Its ranks on several hosts, over TCP between them: the launcher starts its part of another host
   * by a script instead of ssh.
   */
  static RankTeam openmpi(HostNetwork network, Path folder, long bytesMax) throws IOException {
    var hosts = new ArrayList<String>();
    var cases = new ArrayList<String>();
    for (int host = 0; host < network.hosts(); host++) {
      hosts.add(network.address(host) + ":" + HostRank.EACH);
      cases.add(network.address(host) + ") name=" + network.name(host) + " ;;");
    }
    // a host name of its own: ranks of equal ones would take each other for neighbours
    var agent = folder.resolve("agent.sh");
    Files.writeString(
        agent,
        """
        #!/bin/sh
        case $1 in
        %s
        esac
        shift
        exec ip netns exec $name unshare --uts sh -c "hostname $name; $*"
        """
            .formatted(String.join("\n", cases)));
    firstLine("chmod", "+x", agent.toString());
    var options =
        List.of(
            "--host",
            String.join(",", hosts),
            "--bind-to",
            "none",
            "--mca",
            "plm_rsh_agent",
            agent.toString(),
            "--mca",
            "plm_rsh_no_tree_spawn",
            "1",
            "--mca",
            "btl",
            "self,vader,tcp",
            "--mca",
            "btl_tcp_if_include",
            network.range(),
            "--mca",
            "oob_tcp_if_include",
            network.range());
    var team = new RankTeam(folder.resolve("errors"));
    openmpi(team, folder, HostRank.EACH * network.hosts(), bytesMax, options);
    return team;
  }

  private static void openmpi(
      RankTeam team, Path folder, int worldSize, long bytesMax, List<String> options)
      throws IOException {
    var source = unpack("collectives.c", folder);
    var program = folder.resolve("collectives").toString();
    firstLine("mpicc", "-O2", "-o", program, source.toString());
    var commands = new ArrayList<OutputStream>();
    for (int rank = 0; rank < worldSize; rank++) {
      var pipe = folder.resolve(Integer.toString(rank));
      firstLine("mkfifo", pipe.toString());
      commands.add(withoutWaitingForReader(pipe));
    }
    var command =
        Stream.concat(
                Stream.of("mpirun", "--oversubscribe", "-np", Integer.toString(worldSize)),
                System.getProperty("user.name").equals("root")
                    ? Stream.of("--allow-run-as-root")
                    : Stream.of())
            .collect(Collectors.toCollection(ArrayList::new));
    command.addAll(options);
    command.addAll(List.of(program, folder.toString(), Long.toString(bytesMax)));
    team.addAll(new ProcessBuilder(command), commands);
  }

  private static OutputStream withoutWaitingForReader(Path pipe) throws IOException {
    return Channels.newOutputStream(new RandomAccessFile(pipe.toFile(), "rw").getChannel());
  }

  private static void gloo(RankTeam team, Path folder, int worldSize, long bytesMax)
      throws IOException {
    var script = unpack("collectives.py", folder);
    for (int rank = 0; rank < worldSize; rank++) {
      team.add(
          new ProcessBuilder(
              python().orElseThrow(),
              script.toString(),
              folder.toString(),
              Integer.toString(worldSize),
              Integer.toString(rank),
              Long.toString(bytesMax)));
    }
  }

  static Path unpack(String resource, Path folder) throws IOException {
    var file = folder.resolve(resource);
    try (var in = CollectiveSide.class.getResourceAsStream(resource);
        var out = new FileOutputStream(file.toFile())) {
      in.transferTo(out);
    }
    return file;
  }

  /** The one on the path, or Debian's. */
  static Optional<String> python() {
    return Stream.of("python3", "/usr/bin/python3")
        .filter(python -> found(python, "-c", "import torch.distributed"))
        .findFirst();
  }

  private static boolean found(String... command) {
    try {
      firstLine(command);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static String firstLine(String... command) throws IOException {
    var printed = Files.createTempFile("muster-", ".out");
    try {
      var process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(printed.toFile())
              .start();
      if (process.waitFor() != 0) {
        throw new IOException(String.join(" ", command) + ": " + Files.readString(printed));
      }
      return Files.readString(printed).lines().findFirst().orElse("");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted at: " + String.join(" ", command), e);
    } finally {
      Files.delete(printed);
    }
  }
}
