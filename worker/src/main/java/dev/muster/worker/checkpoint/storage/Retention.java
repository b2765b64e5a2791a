package dev.muster.worker.checkpoint.storage;

import java.util.List;

/**
 * Which checkpoints stay.
 *
 * @param keepLast the newest so many; at least 1. Few: damage to them costs much work; many: space
 * @param keepEvery also those whose step is a multiple of it; 0 for none
 */
public record Retention(int keepLast, long keepEvery) {
  /** What happens to one checkpoint, and why. */
  public record Decision(long step, boolean keep, String reason) {}

  public Retention {
    if (keepLast < 1 || keepEvery < 0) {
      throw new IllegalArgumentException(
          "not a retention: expected keepLast>=1 keepEvery>=0 keepLast="
              + keepLast
              + " keepEvery="
              + keepEvery);
    }
  }

  /**
   * The whole rule; pure. The newest valid checkpoint stays whatever the rest says: newer ones may
   * all be damaged.
   *
   * @param steps of all complete checkpoints, sorted
   */
  public List<Decision> decide(List<Long> steps, long newestValid) {
    long firstOfLast = steps.isEmpty() ? 0 : steps.get(Math.max(0, steps.size() - keepLast));
    return steps.stream().map(step -> decide(step, firstOfLast, newestValid)).toList();
  }

  private Decision decide(long step, long firstOfLast, long newestValid) {
    if (step == newestValid) {
      return new Decision(step, true, "newest valid");
    }
    if (step >= firstOfLast) {
      return new Decision(step, true, "one of the last: keepLast=" + keepLast);
    }
    if (keepEvery > 0 && step % keepEvery == 0) {
      return new Decision(step, true, "multiple: keepEvery=" + keepEvery);
    }
    return new Decision(step, false, "older: keepLast=" + keepLast + " keepEvery=" + keepEvery);
  }
}
