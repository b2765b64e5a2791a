package dev.muster.cli.torchrun;

import dev.muster.cli.process.JavaCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** {@code steps.py} under one launcher, whose ranks are killed one after the other. One thread. */
public final class KilledScript implements AutoCloseable {
  private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long PATIENCE_NS = TimeUnit.MINUTES.toNanos(2);
  private static final int SETTLED_STEPS = 10;
  private static final double NS_PER_SECOND = 1e9;

  private final Process launcher;
  private final StepLogs logs;

  private KilledScript(Process launcher, StepLogs logs) {
    this.launcher = launcher;
    this.logs = logs;
  }

  /**
   * @param folder new, for all that is written
   * @param extra flags of this torchrun
   */
  public static KilledScript underTorchrun(
      String python, Path folder, int ranks, int port, List<String> extra) throws IOException {
    var command =
        new ArrayList<>(List.of(python, "-m", "torch.distributed.run", "--rdzv_backend", "c10d"));
    command.addAll(List.of("--rdzv_endpoint", "127.0.0.1:" + port, "--rdzv_id", "bench"));
    command.addAll(List.of("--nproc_per_node", "" + ranks, "--max_restarts", "1000"));
    command.addAll(List.of("--monitor_interval", "0.1")); // the default since PyTorch 2.3
    command.addAll(List.of("--log_dir", folder.resolve("logs").toString()));
    command.addAll(extra);
    return start(command, Map.of(), folder, ranks);
  }

  /**
   * @param folder new, for all that is written
   */
  public static KilledScript underMuster(String python, Path folder, int ranks) throws IOException {
    var run = folder.resolve("run").toAbsolutePath().toString();
    var command =
        new ArrayList<>(
            JavaCommand.service("run", "--run-dir", run, "--nproc-per-node", "" + ranks));
    return start(command, Map.of("PYTHON_EXEC", python), folder, ranks);
  }

  private static KilledScript start(
      List<String> command, Map<String, String> environment, Path folder, int ranks)
      throws IOException {
    var steps = Files.createDirectories(folder.resolve("steps"));
    var script = folder.resolve("steps.py");
    try (var resource = KilledScript.class.getResourceAsStream("steps.py")) {
      Files.copy(resource, script);
    }
    command.addAll(List.of(script.toString(), steps.toString()));
    var builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("launcher.log").toFile());
    builder.environment().putAll(environment);
    return new KilledScript(builder.start(), new StepLogs(steps, ranks));
  }

  /**
   * SIGKILL to a rank once all have made some steps.
   *
   * @return seconds until rank 0 of a later attempt has made its first step; empty when the
   *     launcher has ended, or that does not come in two minutes
   */
  public OptionalDouble kill(int rank) throws IOException {
    if (!await(() -> logs.newest() >= 0 && logs.reached(logs.newest(), SETTLED_STEPS))) {
      return OptionalDouble.empty();
    }
    int attempt = logs.newest();
    long killedNs = System.nanoTime();
    ProcessHandle.of(logs.pid(attempt, rank)).ifPresent(ProcessHandle::destroyForcibly);
    if (!await(() -> logs.newest() > attempt && logs.firstStepNs(logs.newest()).isPresent())) {
      return OptionalDouble.empty();
    }
    long ns = logs.firstStepNs(logs.newest()).orElseThrow() - killedNs;
    return OptionalDouble.of(ns / NS_PER_SECOND);
  }

  private interface Look {
    boolean look() throws IOException;
  }

  private boolean await(Look look) throws IOException {
    long deadlineNs = System.nanoTime() + PATIENCE_NS;
    while (launcher.isAlive() && System.nanoTime() - deadlineNs < 0) {
      if (look.look()) {
        return true;
      }
      LockSupport.parkNanos(LOOK_NS);
    }
    return false;
  }

  /** Ends the launcher and its ranks. */
  @Override
  public void close() {
    var children = launcher.descendants().toList();
    launcher.destroy();
    try {
      if (!launcher.waitFor(1, TimeUnit.MINUTES)) {
        launcher.destroyForcibly();
      }
      children.forEach(ProcessHandle::destroyForcibly);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new IOException("interrupted while a launcher ended", e));
    }
  }
}
