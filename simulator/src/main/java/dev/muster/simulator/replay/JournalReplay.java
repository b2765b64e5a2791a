package dev.muster.simulator.replay;

import dev.muster.master.job.Job;
import dev.muster.master.job.JobConfig;
import dev.muster.master.job.JournalEntry;
import dev.muster.master.job.ReplayedEntry;
import dev.muster.protocol.Generation;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Feeds the journal of a run into a fresh job core, entry by entry, and compares what it decides
 * with what was recorded. The clock is the journal's; timers, orders and appends go nowhere,
 * because what they led to is in the journal.
 */
public final class JournalReplay {
  private final Job job;
  private final Consumer<Replayed> witness;
  private Generation generation = Generation.NONE;
  private int entries;
  private int decisions;
  private int different;
  private Replayed firstDifference;
  private RuntimeException broken;

  private JournalReplay(JobConfig config, Consumer<Replayed> witness) {
    this.job = new Job(config);
    this.witness = witness;
  }

  /**
   * @param entries read from the journal
   * @param decisions compared: those recorded
   * @param different entries that did not come out as recorded
   */
  public record Verdict(
      int entries, int decisions, int different, Optional<Replayed> firstDifference) {
    public boolean same() {
      return different == 0;
    }
  }

  /**
   * @param witness told of every entry as it is replayed, in order
   */
  public static Verdict play(
      JobConfig config, List<JournalEntry> journal, Consumer<Replayed> witness) {
    var replay = new JournalReplay(config, witness);
    for (var entry : journal) {
      if (!replay.next(entry, entry.atNs() - journal.getFirst().atNs())) {
        break;
      }
    }
    return new Verdict(
        replay.entries,
        replay.decisions,
        replay.different,
        Optional.ofNullable(replay.firstDifference));
  }

  /** False when the core broke: what it would decide after that means nothing. */
  private boolean next(JournalEntry entry, long atNs) {
    Optional<ReplayedEntry> again = handled(entry);
    again.ifPresent(outcome -> generation = outcome.generation());
    var decided = again.map(ReplayedEntry::decisions).orElseGet(() -> List.of("broke: " + broken));
    var replayed =
        new Replayed(++entries, atNs, entry.event(), entry.decisions(), decided, generation);
    decisions += entry.decisions().size();
    if (!replayed.same()) {
      different++;
      firstDifference = firstDifference == null ? replayed : firstDifference;
    }
    witness.accept(replayed);
    return again.isPresent();
  }

  private Optional<ReplayedEntry> handled(JournalEntry entry) {
    try {
      return Optional.of(job.replay(entry));
    } catch (RuntimeException invariant) {
      broken = invariant;
      return Optional.empty();
    }
  }
}
