package dev.muster.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a person gets wrong: one clear message, an exit code, and nothing half-written. */
@Timeout(180)
class UserErrorTest {
  @RegisterExtension final MusterRuns muster = new MusterRuns();

  private static void assertRefused(MusterProcess run, int exitCode, String message) {
    assertThat(run.awaitExit()).as(run.output()).isEqualTo(exitCode);
    assertThat(run.output()).startsWith("muster: ").contains(message).doesNotContain("\tat ");
    assertThat(run.folder().root()).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "2, --wrokers 3,                     unknown flag: --wrokers; did you mean --workers?",
    "2, -Dmuster.job.wrokers=3,          nearest known key: muster.job.workers",
    "2, --fail rank=7@step=3,            expects a rank below muster.job.workers = 4",
    "2, --data no-such-file,             cannot read the data: file=",
    "2, --data /dev/null,                cannot read the data: file=/dev/null",
    "1, --workers 16384 --agents 0 --model mlp -Dmuster.worker.settings.hidden=8192"
        + " -Dmuster.worker.settings.order=64,  not enough space: folder=/dev/shm",
    "2, --workers 1 ./not-there,         no such program: name=./not-there; expected an executable"
        + " file",
  })
  void givenAWrongCommandLine_whenRun_thenOneMessageAndNoFolder(
      int exitCode, String flags, String message) {
    assertRefused(muster.run(flags.split(" +")), exitCode, message);
  }

  @Test
  void givenAnEmptyDataFile_whenRun_thenItIsSaid() throws IOException {
    var empty = Files.createFile(muster.directory().resolve("empty.txt"));
    assertRefused(muster.run("--data", empty.toString()), 2, "the data is empty: file=" + empty);
  }

  @Test
  void givenAPortInUse_whenListeningOnIt_thenItIsSaid() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var address = "127.0.0.1:" + taken.getLocalPort();
      assertRefused(
          muster.run("--model", "mlp", "--listen", address),
          1,
          "cannot listen: address=" + address);
    }
  }

  @Test
  void givenADiskWithoutRoom_whenRun_thenItIsSaidAndNothingIsWritten() throws Exception {
    var disk = tinyDisk("1m");
    try {
      var folder = new RunFolder(disk.resolve("r1"));
      var run =
          muster.command(folder, "run", "--model", "mlp", "--run-dir", folder.root().toString());
      assertRefused(run, 1, "not enough space: folder=" + disk);
      assertThat(disk).isEmptyDirectory();
    } finally {
      command("umount", "--lazy", disk.toString());
    }
  }

  @Test
  void givenADiskThatFillsUp_whenTraining_thenItIsSaidAndTheRunCanGoOnOnceThereIsRoom()
      throws Exception {
    var disk = tinyDisk("68m");
    try {
      var folder = new RunFolder(disk.resolve("e2e-full-" + ProcessHandle.current().pid()));
      var run = muster.command(folder, command(folder, "run"));
      run.awaitProgress("some steps", p -> p.step() >= 10);
      var ballast = fill(disk.resolve("ballast"));
      assertThat(run.awaitExit()).isEqualTo(75);
      assertThat(run.output())
          .contains("the disk is full: folder=" + folder.root(), "--resume " + folder.root());
      var full = muster.command(folder, "run", "--resume", folder.root().toString());
      assertThat(full.awaitExit()).isEqualTo(1);
      assertThat(full.output()).contains("muster: not enough space: folder=" + folder.root());
      Files.delete(ballast);
      var again = muster.command(folder, "run", "--resume", folder.root().toString());
      assertThat(again.awaitResult().exitCode()).isZero();
      assertThat(again.awaitResult().samples().exactlyOnce()).isTrue();
    } finally {
      command("umount", "--lazy", disk.toString());
    }
  }

  private static String[] command(RunFolder folder, String verb) {
    var flags = SmallModel.flags(2, 600, "--spares", "0", "--run-dir", folder.root().toString());
    var all = new String[flags.length + 1];
    all[0] = verb;
    System.arraycopy(flags, 0, all, 1, flags.length);
    return all;
  }

  private static Path fill(Path file) throws IOException {
    try (var out = Files.newOutputStream(file)) {
      var block = new byte[1 << 16];
      while (true) {
        out.write(block);
      }
    } catch (IOException full) {
      return file;
    }
  }

  /** A file system of its own; only root may mount one. */
  private Path tinyDisk(String size) throws Exception {
    var disk = Files.createDirectory(muster.directory().resolve("disk"));
    boolean mounted =
        command("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", disk.toString()) == 0;
    assumeTrue(mounted, "skipped: no right to mount a tmpfs, a full disk cannot be tried");
    return disk;
  }

  private static int command(String... words) throws Exception {
    return new ProcessBuilder(words)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
