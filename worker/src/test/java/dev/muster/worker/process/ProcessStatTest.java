package dev.muster.worker.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What /proc says of processes that end; their parent never asks, so they stay as zombies. */
@Timeout(60)
class ProcessStatTest {
  @TempDir Path folder;
  private Process parent;

  @AfterEach
  void close() {
    parent.descendants().forEach(ProcessHandle::destroyForcibly);
    parent.destroyForcibly();
  }

  /** The pid of what runs in the background of a shell that becomes a sleep. */
  private long child(String script) throws IOException {
    parent =
        new ProcessBuilder("sh", "-c", script + " & echo $!; exec sleep 1000")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader reader = parent.inputReader()) {
      long pid = Long.parseLong(reader.readLine());
      Gone.until("the shell asks no more", () -> name(parent.pid()).equals("sleep"));
      return pid;
    }
  }

  private static String name(long pid) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(pid), "comm")).trim();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ProcessStat stat(long pid) {
    return ProcessStat.of(pid).orElseThrow();
  }

  @Test
  void givenAProcessIsKilled_whenItsParentHasNotAsked_thenTheSignalIsKnown() throws Exception {
    long pid = child("sleep 1000");
    assertThat(stat(pid).fatalSignal()).isZero();
    Posix.kill(pid, Posix.SIGKILL);
    Gone.until("pid " + pid + " is a zombie", () -> stat(pid).zombie());
    assertThat(stat(pid).fatalSignal()).isEqualTo(9);
  }

  @Test
  void givenAProcessExits_whenItsParentHasNotAsked_thenThereIsNoSignal() throws Exception {
    Path go = folder.resolve("go");
    long pid = child("{ while [ ! -e " + go + " ]; do sleep 0.01; done; exit 9; }");
    Files.createFile(go);
    Gone.until("pid " + pid + " is a zombie", () -> stat(pid).zombie());
    assertThat(stat(pid).waitStatus()).isEqualTo(9 << 8);
    assertThat(stat(pid).fatalSignal()).isZero();
  }

  @Test
  void givenAProcessIsStopped_whenRead_thenTheSignalThatStoppedItIsNoEnd() throws Exception {
    long pid = child("sleep 1000");
    Posix.kill(pid, 19);
    Gone.until("pid " + pid + " is stopped", () -> stat(pid).stopped());
    assertThat(stat(pid).fatalSignal()).isZero();
  }
}
