package dev.muster.collectives;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * Uniform agreement: whenever a group is revoked, and whoever dies, every survivor has returned
 * from agree for exactly the steps that the revoke reports as committed.
 */
public abstract class AgreementContract extends GroupsContract {
  private static final long SEED = 4_711;

  /** How many groups live and die; fewer where joining takes longer. */
  protected int rounds() {
    return 1_500;
  }

  @Test
  void givenRandomInterleavings_whenRevoked_thenAllSurvivorsAgreedOnTheSameStep() {
    int midway = 0;
    for (int round = 0; round < rounds(); round++) {
      long committed = round(round, new Random(SEED + round)) - START_STEP;
      midway += committed > 0 && committed < 20 ? 1 : 0;
    }
    assertThat(midway)
        .as("rounds in which the revoke fell between steps")
        .isGreaterThan(rounds() / 20);
  }

  private long round(int round, Random random) {
    int worldSize = 2 + random.nextInt(3);
    Groups.Spec spec = new Groups.Spec(directory, "dp", round, worldSize, START_STEP, 0);
    int victim = random.nextInt(3) == 0 ? random.nextInt(worldSize) : -1;
    long lastStepOfVictim = START_STEP + random.nextInt(10);
    List<CompletableFuture<Long>> all = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      long last = rank == victim ? lastStepOfVictim : START_STEP + 20;
      Random own = new Random(random.nextLong());
      all.add(ranks.start(spec, rank, c -> agreeUpTo(c, last, own)));
    }
    int steps = victim < 0 ? 20 : (int) (lastStepOfVictim - START_STEP);
    long committed = revokeAtSomeMoment(spec, steps + 2, random);
    for (int rank = 0; rank < worldSize; rank++) {
      CompletableFuture<Long> agreed = all.get(rank);
      Throwable failure = RankThreads.failure(agreed);
      if (rank != victim && failure == null) {
        assertThat(agreed.join())
            .as("seed=%d round=%d rank=%d", SEED, round, rank)
            .isEqualTo(committed);
      } else if (failure == null) {
        assertThat(agreed.join())
            .as("victim: seed=%d round=%d", SEED, round)
            .isLessThanOrEqualTo(committed);
      } else { // revoked while joining
        assertThat(failure).isInstanceOf(GroupRevokedException.class);
        assertThat(committed).isEqualTo(START_STEP);
      }
    }
    groups.remove(spec);
    return committed;
  }

  /**
   * Revokes at a random step, and at a random moment within it.
   *
   * @param reachable arrivals that some rank makes for sure, joining included
   */
  private long revokeAtSomeMoment(Groups.Spec spec, int reachable, Random random) {
    try (GroupMonitor monitor = groups.monitor(spec)) {
      long arrivalsWanted = random.nextInt(reachable);
      while (max(monitor.arrivals()) < arrivalsWanted) {
        Thread.yield();
      }
      spin(random.nextInt(2_000));
      return monitor.revoke("round over");
    }
  }

  private static long max(long[] arrivals) {
    long max = 0;
    for (long arrival : arrivals) {
      max = Math.max(max, arrival);
    }
    return max;
  }

  private static long agreeUpTo(Communicator communicator, long last, Random random) {
    long agreed = communicator.committedStep();
    try {
      for (long step = START_STEP + 1; step <= last; step++) {
        spin(random.nextInt(300));
        communicator.agree(step);
        agreed = step;
      }
    } catch (GroupRevokedException e) {
      // the steps so far are what counts
    }
    return agreed;
  }

  private static void spin(int times) {
    for (int i = 0; i < times; i++) {
      Thread.onSpinWait();
    }
  }
}
