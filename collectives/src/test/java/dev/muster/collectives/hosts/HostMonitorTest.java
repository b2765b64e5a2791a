package dev.muster.collectives.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.collectives.shared.SharedMemoryGroups;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host's agent learns at the end of a group, with the host's own vote in. */
class HostMonitorTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Placement.Host HERE = new Placement.Host("h0", null, List.of(0));

  @TempDir private Path folder;
  private final Groups local = new SharedMemoryGroups();
  private Words.Specs specs;
  private Communicator votes;
  private Communicator outcome;

  @BeforeEach
  void join() {
    specs = Words.Specs.of(spec(), 1);
    votes = local.join(specs.votes(), 0);
    outcome = local.join(specs.outcome(), 0);
  }

  private Groups.Spec spec() {
    return new Groups.Spec(folder, "dp", 1, 2, 40, 0);
  }

  @AfterEach
  void leave() {
    votes.close();
    outcome.close();
  }

  private HostMonitor monitor(Duration doubt) {
    var limits = new Limits(Duration.ofMillis(250), Duration.ofSeconds(5), doubt);
    return new HostMonitor(new Words(local, specs), HERE, spec(), limits);
  }

  @Test
  void givenNoVote_whenEnded_thenTheLastStepIsKnownAtOnce() {
    try (var monitor = monitor(LONG)) {
      assertThat(monitor.tryRevoke("x")).contains(new GroupMonitor.End(40, false));
      assertThat(monitor.revoked()).isTrue();
      assertThat(monitor.reason()).isEqualTo("x");
    }
  }

  @Test
  void givenAVote_whenTheOthersHaveNotBeenHeard_thenAskAgainUntilTheLeaderKnows() {
    votes.agree(41);
    try (var monitor = monitor(LONG)) {
      assertThat(monitor.tryRevoke("x")).isEmpty();
      assertThat(monitor.revoked()).as("its ranks wake meanwhile").isTrue();
      outcome.agree(41);
      assertThat(monitor.tryRevoke("x")).contains(new GroupMonitor.End(41, false));
    }
  }

  @Test
  void givenAVote_whenTheLeaderGivesUp_thenTheStepIsInDoubt() {
    votes.agree(41);
    try (var monitor = monitor(LONG);
        var words = new Words(local, specs)) {
      assertThat(monitor.tryRevoke("x")).isEmpty();
      words.end("nobody hears the others");
      assertThat(monitor.tryRevoke("x")).contains(new GroupMonitor.End(40, true));
    }
  }

  @Test
  void givenAVoteAndNoLeader_whenTheTimeForDoubtIsOver_thenTheStepIsInDoubtForGood() {
    votes.agree(41);
    try (var monitor = monitor(Duration.ZERO)) {
      assertThat(monitor.revoke("x")).isEqualTo(40);
      assertThat(monitor.tryRevoke("x")).contains(new GroupMonitor.End(40, true));
      assertThat(monitor.votedStep()).isEqualTo(41);
    }
  }

  @Test
  void givenWhatEachRankIsTold_whenRead_thenItIsAPlacement() {
    var placement = Placement.of(List.of("a", "b"), List.of("127.0.0.1:1", ""), List.of(0, 1, 0));
    assertThat(placement.host("a").ranks()).containsExactly(0, 2);
    assertThat(placement.host("a").address().getPort()).isEqualTo(1);
    assertThat(placement.host("b").leader()).isEqualTo(1);
    assertThat(placement.host("b").address().isUnresolved()).isTrue();
  }
}
