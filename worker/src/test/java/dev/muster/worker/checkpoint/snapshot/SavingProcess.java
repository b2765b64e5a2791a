package dev.muster.worker.checkpoint.snapshot;

import dev.muster.worker.runtime.ManagedProcess;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Saves a state that changes with each step and generation, for ever. Every third save is
 * overlapped, every fourth step has another layout. Each fifth step is taken back once, and done
 * again by the next generation. Prints {@code saved STEP GENERATION}, {@code to STEP GENERATION}
 * before it takes steps back, {@code back STEP GENERATION} when that has happened.
 */
public final class SavingProcess {
  private static final long MIB = 1 << 20;

  private SavingProcess() {}

  /**
   * @param lastStep the newest one there, by {@code lastGeneration}; 0 for none
   */
  static List<String> command(Path folder, long lastStep, long lastGeneration) {
    return ManagedProcess.command(
        SavingProcess.class,
        List.of(folder.toString(), Long.toString(lastStep), Long.toString(lastGeneration)));
  }

  static SnapshotPlaces places(Path folder) {
    return new SnapshotPlaces(folder.resolve("shared"), folder.resolve("run"), note -> {});
  }

  /** 64 MiB, or fewer under other names. */
  static SavedState state(Arena arena, long step) {
    return step % 4 == 0
        ? SavedState.of(arena, "few", 9 * MIB + 3, 100)
        : SavedState.of(arena, "many", 40 * MIB, 23 * MIB + 7, 1, MIB);
  }

  static SavedState filled(Arena arena, long step, long generation) {
    return state(arena, step).fill(content(step, generation));
  }

  private static long content(long step, long generation) {
    return generation << 20 | step;
  }

  public static void main(String[] args) {
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    long lastGeneration = Long.parseLong(args[2]);
    long generation = lastGeneration + 1;
    try (var arena = Arena.ofShared();
        var writer = new SnapshotWriter(places(Path.of(args[0])), "rank-0")) {
      var many = state(arena, 1);
      var few = state(arena, 4);
      boolean again = false;
      for (long step = Long.parseLong(args[1]) + 1; ; step++) {
        SavedState state = (step % 4 == 0 ? few : many).fill(content(step, generation));
        writer.begin(SavedState.at(step, generation), state.tensors());
        if (step % 3 == 0) {
          Thread.onSpinWait(); // the next step's computation, as far as it reads the state
        }
        if (writer.fence().orElseThrow() instanceof Outcome.Saved) {
          out.println("saved " + step + " " + generation);
        }
        again = step % 5 == 0 && !again;
        if (again) {
          step--;
          out.println("to " + step + " " + lastGeneration);
          writer.rollBack(lastGeneration, step);
          out.println("back " + step + " " + lastGeneration);
          generation++;
        } else {
          lastGeneration = generation;
        }
      }
    }
  }
}
