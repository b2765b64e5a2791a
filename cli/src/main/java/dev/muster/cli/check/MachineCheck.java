package dev.muster.cli.check;

import dev.muster.cli.process.JavaCommand;
import dev.muster.cli.process.Programs;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Looks at this machine; reads only, leaves nothing behind. */
public final class MachineCheck {
  private static final long MIB = 1L << 20;
  private static final int CLOCK_READS = 100_000;

  private MachineCheck() {}

  public static List<Finding> all() {
    return List.of(
        jdk(),
        flags(),
        setsid(),
        space(
            "/dev/shm",
            Path.of("/dev/shm"),
            64 * MIB,
            512 * MIB,
            "give the container --shm-size=1g"),
        space(
            "disk",
            Path.of("").toAbsolutePath(),
            64 * MIB,
            1024 * MIB,
            "free some, or use --run-dir elsewhere"),
        ports(),
        clockSource(),
        monotonic(),
        cores(),
        memory(),
        openFiles(),
        gpus());
  }

  private static Finding jdk() {
    var text = Runtime.version() + " at " + System.getProperty("java.home");
    return Runtime.version().feature() >= 25
        ? Finding.ok("jdk", text)
        : Finding.fail("jdk", text + "; expected 25 or newer");
  }

  private static Finding flags() {
    var command = JavaCommand.probe();
    return Programs.output(command).isPresent()
        ? Finding.ok("jvm flags", "accepted")
        : Finding.fail("jvm flags", "this JVM refuses them; try: " + String.join(" ", command));
  }

  private static Finding setsid() {
    return Programs.onPath("setsid")
        ? Finding.ok("setsid", "found")
        : Finding.fail("setsid", "not on the PATH; install util-linux: process groups need it");
  }

  static Finding space(String subject, Path folder, long failBytes, long warnBytes, String advice) {
    try {
      var store = Files.getFileStore(folder);
      long free = store.getUsableSpace();
      var text = free / MIB + " MiB free of " + store.getTotalSpace() / MIB + " MiB";
      if (free < failBytes) {
        return Finding.fail(subject, text + "; " + advice);
      }
      return free < warnBytes
          ? Finding.warn(subject, text + "; " + advice)
          : Finding.ok(subject, text);
    } catch (IOException e) {
      return Finding.fail(subject, "cannot be read: " + e);
    }
  }

  private static Finding ports() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return Finding.ok("ports", "loopback can be bound, for example " + socket.getLocalPort());
    } catch (IOException e) {
      return Finding.fail("ports", "cannot listen on loopback: " + e.getMessage());
    }
  }

  private static Finding clockSource() {
    var file = Path.of("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    try {
      var source = Files.readString(file).strip();
      return List.of("hpet", "acpi_pm", "jiffies").contains(source)
          ? Finding.warn("clock source", source + "; reading it is slow, step times will be coarse")
          : Finding.ok("clock source", source);
    } catch (IOException e) {
      return Finding.warn("clock source", "unknown: " + file + " cannot be read");
    }
  }

  private static Finding monotonic() {
    long start = System.nanoTime();
    long last = start;
    for (int i = 0; i < CLOCK_READS; i++) {
      long now = System.nanoTime();
      if (now < last) {
        return Finding.fail(
            "clock", "went back by " + (last - now) + " ns; leases cannot be trusted here");
      }
      last = now;
    }
    return Finding.ok("clock", "monotonic, " + (last - start) / CLOCK_READS + " ns a reading");
  }

  private static Finding cores() {
    int cores = Runtime.getRuntime().availableProcessors();
    return cores >= 2
        ? Finding.ok("cores", Integer.toString(cores))
        : Finding.warn("cores", cores + "; ranks will take turns");
  }

  private static Finding memory() {
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long total = system.getTotalMemorySize();
    var text = total / MIB + " MiB, " + system.getFreeMemorySize() / MIB + " MiB unused";
    return total < 4096 * MIB
        ? Finding.warn("memory", text + "; four ranks of the shipped GPT want about 4 GiB")
        : Finding.ok("memory", text);
  }

  private static Finding openFiles() {
    try (var lines = Files.lines(Path.of("/proc/self/limits"))) {
      var soft =
          lines
              .filter(line -> line.startsWith("Max open files"))
              .map(line -> line.substring("Max open files".length()).strip().split("\\s+")[0])
              .findFirst()
              .orElse("unknown");
      return soft.matches("[0-9]{1,3}")
          ? Finding.warn("open files", soft + "; raise it: ulimit -n 4096")
          : Finding.ok("open files", soft);
    } catch (IOException e) {
      return Finding.warn("open files", "limit unknown: /proc/self/limits cannot be read");
    }
  }

  private static Finding gpus() {
    if (!Programs.onPath("nvidia-smi")) {
      return Finding.ok("gpus", "none found (no nvidia-smi); training runs on the CPU");
    }
    return Programs.output(
            List.of("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"))
        .map(text -> Finding.ok("gpus", String.join("; ", text.strip().split("\n"))))
        .orElse(Finding.warn("gpus", "nvidia-smi fails; look at the driver"));
  }
}
