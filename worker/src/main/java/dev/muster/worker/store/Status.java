package dev.muster.worker.store;

import java.util.List;
import java.util.Map;

/**
 * Who has come to a store and what is waited for.
 *
 * @param joined ranks whose process group has reached the store; 0 also when the command is no user
 *     of c10d
 * @param missing ranks that have not, ascending; empty also when it cannot be told which
 * @param waiting keys that are not there, and how many connections wait for each
 */
public record Status(
    int joined, int worldSize, List<Integer> missing, Map<String, Integer> waiting) {
  /** Before anybody came. */
  public static Status none(int worldSize) {
    return new Status(0, worldSize, List.of(), Map.of());
  }

  /** Whether some have come and some have not. */
  public boolean incomplete() {
    return joined > 0 && joined < worldSize;
  }
}
