package dev.muster.worker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Real clients: a session of queries and three ranks of gloo, of the PyTorch that the distribution
 * has. Others: {@code -Dmuster.torch.pythons=/usr/bin/python3,/opt/venv/bin/python}.
 */
class TorchStoreTest {
  private static final long LOOK_NS = 5_000_000;

  @TempDir Path folder;

  static Stream<String> pythons() {
    return Stream.of(System.getProperty("muster.torch.pythons", "/usr/bin/python3").split(","));
  }

  @ParameterizedTest
  @MethodSource("pythons")
  @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void givenPyTorch_whenItUsesThisStore_thenAllIsAsWithItsOwn(String python) throws Exception {
    var script = Files.createFile(folder.resolve("contract.py"));
    try (var source = TorchStoreTest.class.getResourceAsStream("/store/contract.py")) {
      Files.write(script, source.readAllBytes());
    }
    var loopback = InetAddress.getLoopbackAddress();
    var options =
        new StoreServer.Options(
            "torch", loopback, from -> true, 3, Limits.of(3), pid -> OptionalInt.empty());
    requireTorch(python);
    try (var server = StoreServer.open(options)) {
      var process =
          new ProcessBuilder(
                  python,
                  script.toString(),
                  loopback.getHostAddress(),
                  Integer.toString(server.address().getPort()))
              .redirectErrorStream(true)
              .start();
      try {
        follow(process, server);
      } finally {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    }
  }

  /** The module is looked for, not imported, which would take seconds. */
  private static void requireTorch(String python) throws Exception {
    String find = "import importlib.util as u, sys; sys.exit(u.find_spec('torch') is None)";
    try {
      var found = new ProcessBuilder(python, "-c", find).start();
      if (found.waitFor(30, TimeUnit.SECONDS) && found.exitValue() == 0) {
        return;
      }
    } catch (IOException noPython) {
      // said below
    }
    String text = "skipped: no PyTorch for " + python + "; apt-get install python3-torch";
    System.out.println(text);
    abort(text);
  }

  private static void follow(Process process, StoreServer server) throws Exception {
    var lines = new ArrayList<String>();
    try (BufferedReader out = process.inputReader()) {
      for (var line = out.readLine(); line != null; line = out.readLine()) {
        lines.add(line);
        if (line.equals("two of three")) {
          var missing = missing(server);
          assertThat(missing.missing()).as("%s %s", missing, lines).isEqualTo(List.of(1));
          assertThat(missing.waiting()).as("%s", lines).isNotEmpty();
          process.outputWriter().append("go\n").flush();
        }
      }
    }
    assertThat(process.waitFor()).as("%s", String.join("\n", lines)).isZero();
    assertThat(lines)
        .contains("ok wait times out", "ok rank 0", "ok rank 1", "ok rank 2", "ok exits", "end");
    assertThat(server.status().joined()).isEqualTo(3);
    assertThat(server.status().missing()).isEmpty();
  }

  /** Once both ranks wait for the third; a test's time-out ends it otherwise. */
  private static Status missing(StoreServer server) {
    var status = server.status();
    while ((status.joined() < 2 || status.missing().isEmpty() || status.waiting().isEmpty())
        && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(LOOK_NS);
      status = server.status();
    }
    return status;
  }
}
