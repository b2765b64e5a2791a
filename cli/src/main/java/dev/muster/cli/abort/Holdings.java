package dev.muster.cli.abort;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a process holds of the things that could leak.
 *
 * @param files open file handles
 * @param mappings of segments of the directory, also of deleted ones
 */
record Holdings(long files, long mappings, long threads) {
  static Holdings ofThisProcess(Path directory) throws IOException {
    try (var files = Files.list(Path.of("/proc/self/fd"));
        var maps = Files.lines(Path.of("/proc/self/maps"))) {
      return new Holdings(
          files.count(),
          maps.filter(line -> line.contains(directory.toString())).count(),
          ManagementFactory.getThreadMXBean().getThreadCount());
    }
  }

  static Holdings parse(String[] words) {
    return new Holdings(
        Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]));
  }

  @Override
  public String toString() {
    return files + " " + mappings + " " + threads;
  }
}
