package dev.muster.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The same collectives by several sides, turn by turn in every round. All ranks of all sides live
 * as long as this and sleep when it is not their turn. One thread.
 */
public final class CollectivesBench implements AutoCloseable {
  /** From here on it is memory bandwidth that counts. */
  public static final long LARGE_BYTES = 8 << 20;

  private static final double TURN_SECONDS = 0.02;
  private static final int CALLS_MAX = 4000;
  private static final int WARM_UP_ROUNDS = 2;
  private static final long[] WARM_UP_BYTES = {4 << 10, 64 << 10, 4 << 20};
  private static final double WARM_UP_SECONDS = 0.4;
  private static final int LATE_MS = 500;

  private final int worldSize;
  private final long bytesMax;
  private final Consumer<String> notes;
  private final Set<String> noted = new HashSet<>();
  private final Map<CollectiveSide, RankTeam> teams = new EnumMap<>(CollectiveSide.class);

  /**
   * @param folder empty, in shared memory
   * @param notes what a side cannot do
   */
  public CollectivesBench(
      Path folder, Set<CollectiveSide> sides, int worldSize, long bytesMax, Consumer<String> notes)
      throws IOException {
    this.worldSize = worldSize;
    this.bytesMax = bytesMax;
    this.notes = notes;
    try {
      for (var side : sides) {
        var own = Files.createDirectories(folder.resolve(side.name() + "-" + worldSize));
        teams.put(side, side.start(own, worldSize, bytesMax));
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Until compilers and allocators have seen every kind at several sizes, all sides alike. */
  public void warmUp(List<CollectiveKind> kinds) throws IOException {
    for (var kind : kinds) {
      for (long wanted : WARM_UP_BYTES) {
        long bytes = Math.min(wanted, bytesMax);
        for (var team : able(kind, bytes).values()) {
          team.ask("time", kind.label(), bytes, calls(team, kind, bytes, WARM_UP_SECONDS, 20_000));
        }
      }
    }
  }

  public CollectiveCell run(CollectiveKind kind, long bytes, int rounds) throws IOException {
    var cell = new CollectiveCell(kind, bytes, worldSize);
    var able = able(kind, bytes);
    var calls = new EnumMap<CollectiveSide, Integer>(CollectiveSide.class);
    for (var side : able.keySet()) {
      calls.put(side, calls(able.get(side), kind, bytes, TURN_SECONDS, CALLS_MAX));
    }
    for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
      for (var side : inTurn(able, round)) {
        var answer = able.get(side).ask("time", kind.label(), bytes, calls.get(side));
        if (round >= 0) {
          cell.add(side, answer, calls.get(side));
        }
      }
      if (bytes >= LARGE_BYTES && round >= 0) {
        cell.addCopy(teams.get(CollectiveSide.SHARED).ask("copy", "-", bytes, 2).seconds() / 2);
      }
    }
    return cell;
  }

  /** Each round begins with another one. */
  private static List<CollectiveSide> inTurn(Map<CollectiveSide, RankTeam> able, int round) {
    var sides = new ArrayList<>(able.keySet());
    Collections.rotate(sides, round);
    return sides;
  }

  /** Those whose result is right; the others have said what they cannot do. */
  private Map<CollectiveSide, RankTeam> able(CollectiveKind kind, long bytes) throws IOException {
    var able = new EnumMap<CollectiveSide, RankTeam>(CollectiveSide.class);
    for (var team : teams.entrySet()) {
      try {
        team.getValue().ask("check", kind.label(), bytes, 1);
        able.put(team.getKey(), team.getValue());
      } catch (RankTeam.Unsupported e) {
        var note = team.getKey().label() + " " + kind.label() + ": " + e.getMessage();
        if (noted.add(note)) {
          notes.accept(note);
        }
      }
    }
    return able;
  }

  /** As many as fit into the time, judged by a few. */
  private static int calls(
      RankTeam team, CollectiveKind kind, long bytes, double seconds, int callsMax)
      throws IOException {
    int calls = 1;
    double took = team.ask("time", kind.label(), bytes, calls).seconds();
    while (took < seconds / 10 && calls < callsMax) {
      calls = Math.min(callsMax, calls * 4);
      took = team.ask("time", kind.label(), bytes, calls).seconds();
    }
    return (int) Math.clamp(calls * seconds / took, 1, callsMax);
  }

  /** What ranks burn that wait half a second for the last one; a line per side. */
  public List<String> waiting() throws IOException {
    var lines = new ArrayList<String>();
    for (var team : able(CollectiveKind.ALL_REDUCE, 4096).entrySet()) {
      var answer = team.getValue().ask("late", CollectiveKind.ALL_REDUCE.label(), 4096, LATE_MS);
      lines.add(
          String.format(
              Locale.ROOT,
              "%d ranks %-11s CPU s per rank and second of waiting: %.3f",
              worldSize,
              team.getKey().label(),
              answer.cpuSeconds() / (LATE_MS / 1e3) / (worldSize - 1)));
    }
    return lines;
  }

  @Override
  public void close() {
    teams.values().forEach(RankTeam::close);
  }
}
