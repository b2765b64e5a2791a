package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The same scripts under the torchrun of this machine and under Muster. */
@Timeout(180)
class TorchrunContractTest {
  private static final int RANKS = Torch.RANKS;

  /** Chosen anew by either, or of either alone. */
  private static final List<String> OWN =
      List.of(
          "MASTER_PORT",
          "TORCHELASTIC_RUN_ID",
          "TORCHELASTIC_ERROR_FILE",
          "TORCHELASTIC_USE_AGENT_STORE");

  @RegisterExtension final MusterRuns muster = new MusterRuns();

  private Torch.Ended torchrun(List<String> words) throws Exception {
    try (var free = new ServerSocket(0)) {
      free.close();
      return Torch.run(muster.directory(), free.getLocalPort(), words);
    }
  }

  private Torch.Ended ours(List<String> words) throws IOException {
    muster.environment("PYTHON_EXEC", Torch.python());
    var logs = muster.directory().resolve("logs");
    var flags =
        new ArrayList<>(List.of("--nproc_per_node", "" + RANKS, "-r", "3", "--max_restarts", "0"));
    flags.addAll(List.of("--log_dir", logs.toString(), "--shutdown-timeout", "1"));
    flags.addAll(words);
    var run = muster.run(flags.toArray(String[]::new));
    return Torch.Ended.of(run.awaitExit(), logs);
  }

  /** Exit code, standard output of each rank and the files that are left. */
  private void same(String script, String... arguments) throws Exception {
    var words = new ArrayList<>(List.of(Torch.script(script).toString()));
    words.addAll(List.of(arguments));
    var theirs = torchrun(words);
    var ours = ours(words);
    assertThat(ours.exitCode()).as("exit code of " + script).isEqualTo(theirs.exitCode());
    assertThat(ours.logs().keySet()).as("files of " + script).isEqualTo(theirs.logs().keySet());
    for (int rank = 0; rank < RANKS; rank++) {
      assertThat(ours.text(rank, "stdout.log"))
          .as("output of rank " + rank + " of " + script)
          .isEqualTo(theirs.text(rank, "stdout.log"));
    }
  }

  @Test
  void givenAnyScript_whenRun_thenSameEnvironmentArgumentsAndRanks() throws Exception {
    for (var how : List.of("script", "module")) {
      var theirs = Files.createDirectories(muster.directory().resolve(how + "-theirs"));
      var ours = Files.createDirectories(muster.directory().resolve(how + "-ours"));
      assertThat(torchrun(environment(how, theirs)).exitCode()).isZero();
      Folders.delete(muster.directory().resolve("torchrun-logs"));
      assertThat(ours(environment(how, ours)).exitCode()).isZero();
      Folders.delete(muster.directory().resolve("logs"));
      for (int rank = 0; rank < RANKS; rank++) {
        assertSame(read(theirs, rank), read(ours, rank));
      }
    }
  }

  private List<String> environment(String how, Path out) throws IOException {
    var words = new ArrayList<String>();
    if (how.equals("module")) {
      var pkg = muster.directory().resolve("pkg"); // found from the working directory
      Files.createDirectories(pkg);
      Files.writeString(pkg.resolve("__init__.py"), "");
      Files.writeString(pkg.resolve("module.py"), Files.readString(Torch.script("environment.py")));
      words.addAll(List.of("-m", "pkg.module"));
    } else {
      words.add(Torch.script("environment.py").toString());
    }
    words.addAll(List.of("--out", out.toString(), "--lr", "0.5", "a b", "--", "-x"));
    return words;
  }

  private static JsonNode read(Path folder, int rank) throws IOException {
    return new ObjectMapper().readTree(Files.readAllBytes(folder.resolve(rank + ".json")));
  }

  private static void assertSame(JsonNode theirs, JsonNode ours) {
    for (var field : List.of("lr", "files", "cwd")) {
      assertThat(ours.get(field)).as(field).isEqualTo(theirs.get(field));
    }
    var set = added(theirs);
    var also = added(ours);
    assertThat(also.keySet()).as("all that torchrun sets").containsAll(set.keySet());
    set.forEach((name, value) -> {
      if (!OWN.contains(name)) {
        assertThat(also).containsEntry(name, value);
      }
    });
    assertThat(also.get("TORCHELASTIC_ERROR_FILE")).endsWith("/error.json");
  }

  /** What the launcher added to this environment. */
  private static Map<String, String> added(JsonNode told) {
    var added = new TreeMap<String, String>();
    told.get("environment")
        .properties()
        .forEach(variable -> {
          if (!variable.getValue().asText().equals(System.getenv(variable.getKey()))) {
            added.put(variable.getKey(), variable.getValue().asText());
          }
        });
    return added;
  }

  @Test
  void givenScriptsThatTrain_whenRun_thenSameOutputAndExitCode() throws Exception {
    for (var script : List.of("reduce.py", "loader.py")) {
      same(script);
      forget();
    }
  }

  @Test
  void givenAScriptThatFails_whenRun_thenSameExitCodeAndErrorFile() throws Exception {
    same("recorded.py");
    forget();
    same("exits.py");
  }

  @Test
  void givenMuchOutput_whenRun_thenAllOfItIsInTheFiles() throws Exception {
    same("noisy.py");
  }

  @Test
  void givenAScriptThatIgnoresSigterm_whenARankFails_thenNothingOfItIsLeft() throws Exception {
    var out = Files.createDirectories(muster.directory().resolve("pids"));
    var ended = ours(List.of(Torch.script("stubborn.py").toString(), out.toString()));
    assertThat(ended.exitCode()).isEqualTo(1);
    for (int rank = 1; rank < RANKS; rank++) {
      for (var pid : Files.readString(out.resolve("pids-" + rank)).split(" ")) {
        assertThat(ProcessTable.runs(Long.parseLong(pid))).as("process " + pid).isFalse();
      }
    }
  }

  private void forget() {
    Folders.delete(muster.directory().resolve("torchrun-logs"));
    Folders.delete(muster.directory().resolve("logs"));
  }
}
