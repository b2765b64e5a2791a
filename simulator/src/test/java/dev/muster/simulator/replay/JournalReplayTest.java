package dev.muster.simulator.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.job.JobEvent;
import dev.muster.master.job.JournalEntry;
import dev.muster.protocol.Exit;
import dev.muster.protocol.message.ToMaster;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The journal of a run is decided again, and whatever was tampered with is found. */
class JournalReplayTest {
  private static final List<JournalEntry> JOURNAL = ScriptedRun.journal();

  private static JournalReplay.Verdict replay(List<JournalEntry> journal) {
    return JournalReplay.play(ScriptedRun.CONFIG, journal, entry -> {});
  }

  /** The journal with one entry replaced by these. */
  private static List<JournalEntry> with(int index, JournalEntry... instead) {
    var journal = new ArrayList<>(JOURNAL.subList(0, index));
    journal.addAll(List.of(instead));
    journal.addAll(JOURNAL.subList(index + 1, JOURNAL.size()));
    return journal;
  }

  private static int[] deciding() {
    return IntStream.range(0, JOURNAL.size())
        .filter(i -> !JOURNAL.get(i).decisions().isEmpty())
        .toArray();
  }

  private static int index(String decision) {
    return IntStream.range(0, JOURNAL.size())
        .filter(i -> JOURNAL.get(i).decisions().stream().anyMatch(d -> d.startsWith(decision)))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void givenAJournalOfAClockThatRunsOn_whenReplayed_thenEveryDecisionIsTheSame() {
    var told = new ArrayList<Replayed>();
    var verdict = JournalReplay.play(ScriptedRun.CONFIG, JOURNAL, told::add);
    assertThat(verdict.firstDifference()).isEmpty();
    assertThat(verdict.same()).isTrue();
    assertThat(verdict.entries()).isEqualTo(JOURNAL.size()).isEqualTo(told.size());
    assertThat(verdict.decisions())
        .isEqualTo(JOURNAL.stream().mapToInt(e -> e.decisions().size()).sum())
        .isGreaterThan(15);
    assertThat(told.getFirst().atNs()).isZero();
    assertThat(told.getLast().generation().number()).isEqualTo(2);
  }

  @Test
  void givenARecovery_whenJournaled_thenItsTimeAndTheSeatsAreAmongTheDecisions() {
    assertThat(JOURNAL.get(index("recovery.done")).decisions())
        .anyMatch(
            d -> d.matches("recovery.done: generation 2 trains after [\\d.]+ ms, kind=SPARE .*"));
    assertThat(JOURNAL.get(index("generation.formed")).decisions())
        .anyMatch(d -> d.matches("generation.formed: .*; ranks=[0-9a-f]{8}"));
  }

  @Test
  void givenAnyDecisionChanged_whenReplayed_thenExactlyThatEntryIsFound() {
    for (int index : deciding()) {
      var entry = JOURNAL.get(index);
      var decisions = new ArrayList<>(entry.decisions());
      decisions.set(decisions.size() - 1, decisions.getLast() + "!");
      var verdict = replay(with(index, new JournalEntry(entry.atNs(), entry.event(), decisions)));
      assertThat(verdict.different()).isEqualTo(1);
      assertThat(verdict.firstDifference())
          .hasValueSatisfying(first -> {
            assertThat(first.number()).isEqualTo(index + 1);
            assertThat(first.recorded()).isEqualTo(decisions);
            assertThat(first.decided()).isEqualTo(entry.decisions());
          });
    }
  }

  @Test
  void givenAnEntryLeftOut_whenReplayed_thenItIsFound() {
    int lost = index("generation.revoked");
    assertThat(replay(with(lost)).same()).isFalse();
  }

  @Test
  void givenAnotherRankDied_whenReplayed_thenNodeAndEventAreNamed() {
    int index = index("worker.exited");
    var entry = JOURNAL.get(index);
    var from = (JobEvent.FromAgent) entry.event();
    var exited = (ToMaster.WorkerExited) from.message();
    var other =
        new ToMaster.WorkerExited(
            exited.worker(),
            exited.generation(),
            Exit.code(1),
            exited.appliedStep(),
            exited.detectNs(),
            "OutOfMemoryError");
    var changed =
        new JournalEntry(
            entry.atNs(), new JobEvent.FromAgent(from.node(), other), entry.decisions());
    assertThat(replay(with(index, changed)).firstDifference())
        .hasValueSatisfying(first -> {
          assertThat(first.number()).isEqualTo(index + 1);
          assertThat(first.node()).contains("n0");
          assertThat(first.eventName()).isEqualTo("WorkerExited");
          assertThat(first.generation().number()).isEqualTo(1);
          assertThat(first.decided()).anyMatch(d -> d.contains("OutOfMemoryError"));
        });
  }
}
