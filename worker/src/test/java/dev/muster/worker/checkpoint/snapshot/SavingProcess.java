package dev.muster.worker.checkpoint.snapshot;

import dev.muster.worker.runtime.ManagedProcess;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Saves a state that changes with each step, for ever; prints each step once its save has returned.
 * Every third save is overlapped, every fourth step has another layout.
 */
public final class SavingProcess {
  private static final long MIB = 1 << 20;

  private SavingProcess() {}

  static List<String> command(Path folder, long firstStep) {
    return ManagedProcess.command(
        SavingProcess.class, List.of(folder.toString(), Long.toString(firstStep)));
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

  public static void main(String[] args) {
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (var arena = Arena.ofShared();
        var writer = new SnapshotWriter(places(Path.of(args[0])), "rank-0")) {
      var many = state(arena, 1);
      var few = state(arena, 4);
      for (long step = Long.parseLong(args[1]); ; step++) {
        SavedState state = (step % 4 == 0 ? few : many).fill(step);
        writer.begin(step, 1, state.tensors());
        if (step % 3 == 0) {
          Thread.onSpinWait(); // the next step's computation, as far as it reads the state
        }
        if (writer.fence().orElseThrow() instanceof Outcome.Saved) {
          out.println(step);
        }
      }
    }
  }
}
