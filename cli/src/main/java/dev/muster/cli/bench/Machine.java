package dev.muster.cli.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;

/** What a figure was measured on, for the head of a result. */
public final class Machine {
  private Machine() {}

  public static List<String> lines() {
    var system = ManagementFactory.getOperatingSystemMXBean();
    return List.of(
        "machine: "
            + field("/proc/cpuinfo", "model name")
            + ", "
            + system.getAvailableProcessors()
            + " cores, "
            + field("/proc/meminfo", "MemTotal").strip()
            + "; "
            + System.getProperty("java.vm.name")
            + " "
            + Runtime.version()
            + "; "
            + system.getName()
            + " "
            + system.getVersion(),
        String.format(
            Locale.ROOT,
            "date: %s, load average %.2f",
            Instant.now().truncatedTo(ChronoUnit.SECONDS),
            system.getSystemLoadAverage()));
  }

  private static String field(String file, String name) {
    try (var lines = Files.lines(Path.of(file))) {
      return lines
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }
}
