package dev.muster.cli.kills;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A small slice of {@code muster bench checkpoint-kills}, on real processes. */
@Timeout(240)
class CampaignTest {
  private static final String SEED = "muster.e2e.seed";
  private static final long LIMIT_NS = TimeUnit.MINUTES.toNanos(2);

  @TempDir Path directory;

  @Test
  void givenAShardedState_whenItsHostsAndSaversAreKilled_thenEveryRestoredByteIsRight()
      throws Exception {
    play(true, 3, List.of(Moment.SAVE, Moment.HOST, Moment.PERSIST));
  }

  @Test
  void givenAReplicatedState_whenRanksAreKilledWhileTheyRestore_thenEveryRestoredByteIsRight()
      throws Exception {
    play(false, 2, List.of(Moment.RESTORE, Moment.HOST));
  }

  private void play(boolean sharded, int kills, List<Moment> moments) throws Exception {
    long seed = Long.getLong(SEED, 6);
    System.out.println(
        "replay: ./mvnw test -pl cli -am -Dsurefire.failIfNoSpecifiedTests=false"
            + " -Dtest=CampaignTest -D"
            + SEED
            + "="
            + seed);
    var plan = new Campaign.Plan(sharded, 3, 2, 3, kills, moments, seed, LIMIT_NS, Map.of());
    var result = new Campaign(plan, directory.resolve("run"), System.out::println).play();
    result.lines().forEach(System.out::println);
    assertThat(result.faults()).isEmpty();
    assertThat(result.kills()).isEqualTo(kills);
  }
}
