package dev.muster.master.quorum;

import java.util.List;

/**
 * Whether the step that was just computed counts, and what each replica holds afterwards.
 *
 * <p>Source: TorchFT's manager: a step commits if no local rank saw an error and enough replicas
 * took part. A replica that heals while the others step ({@link Healing#ASYNC}) adds zeros and does
 * not count; one that healed before the step takes part in full.
 *
 * @param committed the step may be applied, by all or by none
 * @param step last committed step of this replica from now on
 * @param committedBatches batches this step adds to the total, 0 if not committed
 */
public record StepCommit(boolean committed, long step, long committedBatches, String reason) {

  /** Whether a replica takes state from another one in this step. */
  public enum Healing {
    NO,
    /** before the step */
    SYNC,
    /** while the others step */
    ASYNC
  }

  /**
   * @param replicas members of the quorum, those that heal included
   * @param cohortStep the newest committed step among them
   * @param healing of each replica, by place
   */
  public record Round(List<Healing> healing, long cohortStep, int minReplicas) {
    public Round {
      healing = List.copyOf(healing);
    }

    /** Replicas whose gradients count. */
    public int participants() {
      return (int) healing.stream().filter(h -> h != Healing.ASYNC).count();
    }

    /** Whether this replica's gradients count; otherwise it adds zeros. */
    public boolean participates(int place) {
      return healing.get(place) != Healing.ASYNC;
    }
  }

  /** By what the sum of gradients is divided. */
  public sealed interface WorldSize {
    /** By those that took part. */
    record Dynamic() implements WorldSize {}

    /** By a fixed number; replicas above it are spares that compute and add zeros. */
    record FixedWithSpares(int size) implements WorldSize {}
  }

  /** Divisor of the average over {@code participants} replicas. */
  public static int divisor(WorldSize mode, int participants) {
    return switch (mode) {
      case WorldSize.Dynamic dynamic -> participants;
      case WorldSize.FixedWithSpares fixed -> fixed.size();
    };
  }

  /**
   * Whether the participant with this 0-based place among the participants adds its gradients;
   * otherwise it adds zeros.
   */
  public static boolean contributes(WorldSize mode, int place) {
    return switch (mode) {
      case WorldSize.Dynamic dynamic -> true;
      case WorldSize.FixedWithSpares fixed -> place < fixed.size();
    };
  }

  /**
   * @param votes one per local rank of the replica: it saw no error in this step
   */
  public static StepCommit decide(Round round, List<Boolean> votes) {
    if (votes.contains(false)) {
      return refused(round, "a local rank saw an error: votes=" + votes);
    }
    if (round.participants() < round.minReplicas()) {
      return refused(
          round,
          "too few took part: minReplicas="
              + round.minReplicas()
              + " participants="
              + round.participants());
    }
    return new StepCommit(
        true, round.cohortStep() + 1, round.participants(), "participants=" + round.participants());
  }

  private static StepCommit refused(Round round, String reason) {
    return new StepCommit(false, round.cohortStep(), 0, reason);
  }
}
