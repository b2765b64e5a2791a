package dev.muster.worker.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.muster.collectives.Groups;
import dev.muster.collectives.local.LocalGroups;
import dev.muster.collectives.shared.SharedMemoryGroups;
import dev.muster.protocol.local.FromWorker;
import dev.muster.worker.runtime.Drill.Kind;
import dev.muster.worker.runtime.Drill.Outcome;
import dev.muster.worker.runtime.Drill.Strike;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Worker threads, a real Unix socket, real control pages, a scripted master; faults strike at exact
 * calls.
 */
class RecoveryTest {
  private static final int STEPS = 30;

  /** Of one step: two buckets, one agreement. */
  private static final int STEP_CALLS = 3;

  /** Of one restore: header, three chunks, checksum. */
  private static final int RESTORE_CALLS = 5;

  @TempDir Path folder;
  private int runs;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void givenAnyWorldSize_whenNothingHappens_thenTrainingEndsAndSamplesAreUsedOnce(int world)
      throws Exception {
    Outcome outcome = run(new SharedMemoryGroups(), world, true, List.of());
    assertThat(outcome.generations()).isEqualTo(1);
    assertThat(outcome.audit().exactlyOnce()).as("%s", outcome.audit()).isTrue();
    assertThat(outcome.audit().committedSteps()).isEqualTo(STEPS);
    assertThat(outcome.losses().get(30L)).isLessThan(outcome.losses().get(1L) / 2);
    assertThat(outcome.digest()).isEqualTo(run(new LocalGroups(), world, true, List.of()).digest());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void givenRandomKillsAndRevokes_whenReplaced_thenParametersHaveTheSameBits(boolean shared)
      throws Exception {
    Supplier<Groups> groups = shared ? SharedMemoryGroups::new : LocalGroups::new;
    int revokes = 0;
    for (long seed = 1; seed <= 8; seed++) {
      var random = new SplittableRandom(seed);
      int world = 2 + random.nextInt(3);
      String expected = run(new LocalGroups(), world, true, List.of()).digest();
      Outcome outcome = run(groups.get(), world, true, strikes(random, world), "seed=" + seed);
      check(outcome, expected, "seed=" + seed);
      revokes += outcome.revokes();
    }
    assertThat(revokes).isGreaterThan(20);
  }

  private static void check(Outcome outcome, String expected, String context) {
    assertThat(outcome.digest()).as(context).isEqualTo(expected);
    assertThat(outcome.audit().exactlyOnce()).as("%s %s", context, outcome.audit()).isTrue();
    assertThat(outcome.audit().committedSteps()).as(context).isEqualTo(STEPS);
  }

  /**
   * One strike in each of the first generations, half of them while a newcomer fetches its state.
   */
  private static List<Strike> strikes(SplittableRandom random, int world) {
    var strikes = new ArrayList<Strike>();
    for (long generation = 1; generation <= 7; generation++) {
      int call =
          random.nextBoolean() ? random.nextInt(RESTORE_CALLS + 2) : random.nextInt(6 * STEP_CALLS);
      strikes.add(
          new Strike(
              generation,
              random.nextInt(world),
              call,
              random.nextBoolean(),
              Kind.values()[random.nextInt(2)]));
    }
    return strikes;
  }

  @Test
  void givenAKillAtEachCallOfAStep_whenReplaced_thenAtMostThatStepIsRedone() throws Exception {
    String expected = run(new LocalGroups(), 3, true, List.of()).digest();
    for (int call = 2 * STEP_CALLS + 1; call <= 3 * STEP_CALLS; call++) {
      for (boolean after : new boolean[] {false, true}) {
        Outcome outcome =
            run(
                new SharedMemoryGroups(),
                3,
                true,
                List.of(new Strike(1, call % 3, call, after, Kind.KILL)));
        String context = "call=" + call + " after=" + after;
        check(outcome, expected, context);
        boolean committed = call == 3 * STEP_CALLS && after;
        assertThat(outcome.audit().redoneSteps()).as(context).isBetween(committed ? 0L : 1L, 1L);
      }
    }
  }

  @Test
  void givenARevokeRightAfterTheAgreement_whenRegrouped_thenTheStepIsAppliedAndNotRedone()
      throws Exception {
    String expected = run(new LocalGroups(), 4, true, List.of()).digest();
    Outcome outcome =
        run(
            new SharedMemoryGroups(),
            4,
            true,
            List.of(new Strike(1, 2, 5 * STEP_CALLS, true, Kind.REVOKE)));
    check(outcome, expected, "");
    assertThat(outcome.revokes()).isEqualTo(1);
  }

  @Test
  void givenARestoreCutShort_whenTheNewcomerLeaves_thenItClaimsNoStateAndIsRestoredAnew()
      throws Exception {
    String expected = run(new LocalGroups(), 3, true, List.of()).digest();
    for (int call = 2;
        call <= RESTORE_CALLS;
        call++) { // from the first chunk to before the checksum is compared
      Outcome outcome =
          run(
              new SharedMemoryGroups(),
              3,
              true,
              List.of(
                  new Strike(1, 1, 2 * STEP_CALLS + 1, false, Kind.KILL),
                  new Strike(2, 1, call, false, Kind.REVOKE)));
      check(outcome, expected, "call=" + call);
      assertThat(outcome.left())
          .as("call=%d", call)
          .contains(new FromWorker.Left(2, Replica.NO_STATE))
          .hasSize(2 + 3);
      assertThat(outcome.audit().redoneSteps()).as("call=%d", call).isEqualTo(1);
    }
  }

  @Test
  void givenTheSourceDiesWhileTheOnlyOtherRankFetchesItsState_whenRegrouped_thenAllStartAgain()
      throws Exception {
    String expected = run(new LocalGroups(), 2, true, List.of()).digest();
    Outcome outcome =
        run(
            new SharedMemoryGroups(),
            2,
            true,
            List.of(
                new Strike(1, 1, 4 * STEP_CALLS + 1, false, Kind.KILL),
                new Strike(2, 0, 3, true, Kind.KILL)));
    check(outcome, expected, "");
    assertThat(outcome.audit().redoneSteps())
        .isEqualTo(5); // four committed ones and the one in flight
  }

  @Test
  void givenNoReplacement_whenTheGroupShrinks_thenTheGlobalBatchAndTheLossStay() throws Exception {
    Outcome undisturbed = run(new LocalGroups(), 4, true, List.of());
    Outcome shrunk =
        run(
            new SharedMemoryGroups(),
            4,
            false,
            List.of(
                new Strike(1, 1, 8 * STEP_CALLS + 1, true, Kind.KILL),
                new Strike(2, 2, 7 * STEP_CALLS + 2, false, Kind.KILL)));
    assertThat(shrunk.generations()).isEqualTo(3);
    assertThat(shrunk.audit().exactlyOnce()).as("%s", shrunk.audit()).isTrue();
    undisturbed
        .losses()
        .forEach((step, loss) ->
            assertThat(shrunk.losses().get(step))
                .as("step=%d", step)
                .isCloseTo(loss, within(1e-5 * loss)));
  }

  private Outcome run(Groups groups, int world, boolean replace, List<Strike> strikes)
      throws Exception {
    return run(groups, world, replace, strikes, "");
  }

  private Outcome run(
      Groups groups, int world, boolean replace, List<Strike> strikes, String context)
      throws Exception {
    Path run = Files.createDirectory(folder.resolve("r" + runs++));
    try (var drill = new Drill(run, groups, STEPS, replace, strikes, context)) {
      return drill.run(world);
    }
  }
}
