package dev.muster.cli;

import dev.muster.cli.process.RunsDirectory;
import dev.muster.protocol.run.RunFolder;
import dev.muster.protocol.wire.Secret;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;

/** Makes the folder of a new run: all of it, or nothing. */
final class NewRun {
  private NewRun() {}

  /**
   * @throws UserError it exists or cannot be written; nothing is left behind
   */
  static RunFolder create(Path root, JobFile job) {
    RunFolder folder;
    try {
      folder = RunFolder.create(root);
    } catch (FileAlreadyExistsException e) {
      throw UserError.usage(
          "run folder exists: folder="
              + root.toAbsolutePath()
              + "; name a new one, or go on with --resume");
    } catch (IOException e) {
      throw UserError.failed(
          "cannot make the run folder: folder=" + root.toAbsolutePath() + " cause=" + e);
    }
    try {
      Secret.random().write(folder.secret());
      write(folder.job(), job.text());
      new RunsDirectory(folder.root().getParent()).latest(folder);
      return folder;
    } catch (IOException e) {
      delete(folder.root());
      throw UserError.failed(
          "cannot write the run folder: folder=" + folder.root() + " cause=" + e);
    }
  }

  /** Forces it to the disk: a full one is noticed now and not by the master. */
  private static void write(Path file, String text) throws IOException {
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
  }

  private static void delete(Path folder) {
    try (var paths = Files.walk(folder)) {
      for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException kept) {
      // the first error is the one to report
    }
  }
}
