package dev.muster.collectives.shared;

import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.collectives.flight.Recording;
import dev.muster.collectives.flight.Standing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the groups of a directory by their flight recorders, for whoever knows only the place. */
public final class FlightFiles {
  private static final Pattern NAME =
      Pattern.compile("([A-Za-z0-9._-]{1,64})-g(\\d{1,18})-r(\\d{1,4})\\.rec");

  /**
   * One group as it is now.
   *
   * @param standings of all ranks
   * @param arrivals of all ranks; empty if some are on other hosts
   * @param recordings of the ranks of this host
   */
  public record Group(
      String name,
      long generation,
      List<Standing> standings,
      List<Long> arrivals,
      List<Recording> recordings) {}

  private FlightFiles() {}

  /**
   * The newest generation of every group, by name; empty where there is none.
   *
   * @param last calls of each rank
   * @throws java.io.UncheckedIOException the directory cannot be read
   */
  public static List<Group> newest(Path directory, int last) {
    var ranks = new TreeMap<String, TreeMap<Long, Integer>>(); // highest, by group and generation
    for (Matcher name : names(directory)) {
      ranks
          .computeIfAbsent(name.group(1), g -> new TreeMap<>())
          .merge(Long.parseLong(name.group(2)), Integer.parseInt(name.group(3)), Math::max);
    }
    return ranks.entrySet().stream()
        .map(e -> look(directory, e.getKey(), e.getValue().lastEntry(), last))
        .toList();
  }

  private static List<Matcher> names(Path directory) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (var files = Files.list(directory)) {
      return files
          .map(file -> NAME.matcher(file.getFileName().toString()))
          .filter(Matcher::matches)
          .toList();
    } catch (IOException e) {
      throw SegmentFiles.failed("cannot list shared memory", directory, e);
    }
  }

  private static Group look(
      Path directory, String name, Map.Entry<Long, Integer> newest, int last) {
    var any = new Groups.Spec(directory, name, newest.getKey(), newest.getValue() + 1, 0, 0);
    int worldSize = FlightReader.worldSize(SegmentFiles.recorder(any, newest.getValue()));
    var spec =
        new Groups.Spec(
            directory, name, newest.getKey(), Math.max(any.worldSize(), worldSize), 0, 0);
    try (GroupMonitor monitor = new SharedMemoryMonitor(spec)) {
      var standings = monitor.standings();
      return new Group(
          name,
          spec.generation(),
          standings,
          standings.stream().allMatch(Standing::here)
              ? Arrays.stream(monitor.arrivals()).boxed().toList()
              : List.of(),
          monitor.recordings(last));
    }
  }
}
