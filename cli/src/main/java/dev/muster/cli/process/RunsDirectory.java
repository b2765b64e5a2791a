package dev.muster.cli.process;

import dev.muster.cli.UserError;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;

/**
 * The folder that holds the run folders, and the link {@code latest} to the newest.
 *
 * @param path need not exist
 */
public record RunsDirectory(Path path) {
  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);
  private static final String LATEST = "latest";

  /** {@code runs/} below the working directory. */
  public static RunsDirectory standard() {
    return new RunsDirectory(Path.of("runs"));
  }

  /** A folder name no other run has: UTC time and four random hex digits. */
  public Path fresh(Instant now) {
    var random = new byte[2];
    new SecureRandom().nextBytes(random);
    return path.resolve(NAME.format(now) + "-" + HexFormat.of().formatHex(random));
  }

  /**
   * The run a user names: by id, by path, or the newest when {@code name} is null.
   *
   * @throws UserError there is none
   */
  public RunFolder find(String name) {
    var folder = name == null ? path.resolve(LATEST) : named(name);
    try {
      if (Files.isDirectory(folder)) {
        return new RunFolder(folder.toRealPath());
      }
    } catch (IOException unreadable) {
      // said below
    }
    throw UserError.failed(
        name == null
            ? "no run yet: looked for " + folder.toAbsolutePath() + "; start one with ./muster run"
            : "no such run: run="
                + name
                + "; looked in "
                + path.toAbsolutePath()
                + " and for a folder of that name");
  }

  /** What a user calls a run in this working directory so that {@link #find} finds it. */
  public static String nameOf(RunFolder folder) {
    boolean standard =
        folder.root().getParent().equals(standard().path.toAbsolutePath().normalize());
    return standard ? folder.root().getFileName().toString() : folder.root().toString();
  }

  private Path named(String name) {
    var below = path.resolve(name);
    return Files.isDirectory(below) ? below : Path.of(name);
  }

  /**
   * Lets {@code latest} name this run, replacing the link atomically; leaves alone what is not a
   * link.
   */
  public void latest(RunFolder folder) throws IOException {
    var link = path.resolve(LATEST);
    if (!folder.root().getParent().equals(path.toAbsolutePath().normalize())
        || (Files.exists(link) && !Files.isSymbolicLink(link))) {
      return;
    }
    var beside = path.resolve(".latest." + folder.run());
    Files.createSymbolicLink(beside, folder.root().getFileName());
    Files.move(beside, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
