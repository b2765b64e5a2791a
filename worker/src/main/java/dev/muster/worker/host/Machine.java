package dev.muster.worker.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What agents can tell by that they share memory. */
final class Machine {
  private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
  private static final Path PROCESSES = Path.of("/proc/self/ns/pid");

  private Machine() {}

  /**
   * Equal for two agents only if their workers meet in that folder: one kernel, since one boot; one
   * file system, which containers do not share; one numbering of processes, by which ranks read
   * each other's memory.
   *
   * @param shared exists
   */
  static String of(Path shared) throws IOException {
    return "%s/%s/%s:%s"
        .formatted(
            Files.readString(BOOT).strip(),
            Files.readSymbolicLink(PROCESSES),
            Files.getAttribute(shared, "unix:dev"),
            shared.toRealPath());
  }
}
