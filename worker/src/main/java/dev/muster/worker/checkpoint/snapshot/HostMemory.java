package dev.muster.worker.checkpoint.snapshot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * Memory this process may still use: what /proc/meminfo calls available, and what each control
 * group above it leaves, version 2 or 1. What cannot be read does not limit.
 *
 * @param root of the file system; another one in tests
 */
record HostMemory(Path root) {
  static final HostMemory HERE = new HostMemory(Path.of("/"));

  long availableBytes() {
    long available = field(root.resolve("proc/meminfo"), "MemAvailable:").orElse(Long.MAX_VALUE);
    long host = available == Long.MAX_VALUE ? available : available * 1024;
    return Math.min(host, Math.min(version2(), version1()));
  }

  /** A limit of any group on the way up binds. */
  private long version2() {
    Path top = root.resolve("sys/fs/cgroup");
    long room = Long.MAX_VALUE;
    for (Path group = top.resolve(own("0::")); group.startsWith(top); group = group.getParent()) {
      room = Math.min(room, left(group, "memory.max", "memory.current", "inactive_file"));
    }
    return room;
  }

  private long version1() {
    Path top = root.resolve("sys/fs/cgroup/memory");
    long room = Long.MAX_VALUE;
    for (Path group = top.resolve(own(":memory:"));
        group.startsWith(top);
        group = group.getParent()) {
      room =
          Math.min(
              room,
              left(group, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"));
    }
    return room;
  }

  /** Cached pages of files that nobody uses are given back before the limit bites. */
  private static long left(Path group, String limit, String usage, String idleCache) {
    OptionalLong max = number(group.resolve(limit));
    OptionalLong used = number(group.resolve(usage));
    if (max.isEmpty() || used.isEmpty()) {
      return Long.MAX_VALUE;
    }
    long idle = field(group.resolve("memory.stat"), idleCache).orElse(0);
    return Math.max(0, max.getAsLong() - Math.max(0, used.getAsLong() - idle));
  }

  /** The group's path below the mount; empty where this process sees its own group as the top. */
  private String own(String marker) {
    try (var lines = Files.lines(root.resolve("proc/self/cgroup"))) {
      return lines
          .filter(line -> line.contains(marker))
          .map(line -> line.substring(line.indexOf(marker) + marker.length() + 1))
          .findFirst()
          .orElse("");
    } catch (IOException | RuntimeException unreadable) {
      return "";
    }
  }

  private static OptionalLong number(Path file) {
    try {
      return OptionalLong.of(Long.parseLong(Files.readString(file).trim()));
    } catch (IOException | NumberFormatException none) { // "max" is no limit
      return OptionalLong.empty();
    }
  }

  private static OptionalLong field(Path file, String name) {
    try (var lines = Files.lines(file)) {
      return lines
          .map(line -> line.split("\\s+"))
          .filter(words -> words.length > 1 && words[0].equals(name))
          .mapToLong(words -> Long.parseLong(words[1]))
          .findFirst();
    } catch (IOException | RuntimeException unreadable) {
      return OptionalLong.empty();
    }
  }
}
