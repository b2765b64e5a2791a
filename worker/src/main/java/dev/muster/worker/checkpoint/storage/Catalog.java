package dev.muster.worker.checkpoint.storage;

import dev.muster.worker.checkpoint.storage.Verification.Depth;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** The checkpoints of a storage: which there are, which are whole, which may go. One thread. */
public final class Catalog {
  /**
   * @param modifiedMs of the newest file, since 1970
   * @param sizeBytes of all files
   * @param complete has a manifest; without one it is no checkpoint
   */
  public record Entry(long step, long modifiedMs, long sizeBytes, boolean complete) {}

  /**
   * @param step the newest valid checkpoint, none when all are damaged
   * @param skipped newer ones, newest first, with the reason why not
   */
  public record Choice(OptionalLong step, List<Verification> skipped) {
    /** One line. */
    public String reason() {
      var found = step.isPresent() ? "newest valid: step=" + step.getAsLong() : "no valid one";
      var reasons = new StringBuilder(found);
      skipped.forEach(
          v -> reasons.append("; skipped: step=").append(v.step()).append(' ').append(v.reason()));
      return reasons.toString();
    }
  }

  private final CheckpointStorage storage;

  public Catalog(CheckpointStorage storage) {
    this.storage = storage;
  }

  /** Sorted by step. */
  public List<Entry> list() throws IOException {
    var entries = new ArrayList<Entry>();
    for (long step : storage.steps()) {
      entries.add(entry(step, storage.files(step)));
    }
    return entries;
  }

  private static Entry entry(long step, List<CheckpointStorage.Stored> files) {
    return new Entry(
        step,
        files.stream().mapToLong(CheckpointStorage.Stored::modifiedMs).max().orElse(0),
        files.stream().mapToLong(CheckpointStorage.Stored::sizeBytes).sum(),
        files.stream().anyMatch(f -> f.file().equals(CheckpointStorage.MANIFEST)));
  }

  /**
   * @param readable oldest first
   * @param problems of those that are not, one line each
   */
  public record Manifests(List<Manifest> readable, List<String> problems) {}

  /** Tables of contents of the {@code newest} so many checkpoints, checked in themselves only. */
  public Manifests manifests(int newest) throws IOException {
    var readable = new ArrayList<Manifest>();
    var problems = new ArrayList<String>();
    var steps = complete();
    for (long step : steps.subList(Math.max(0, steps.size() - newest), steps.size())) {
      try {
        readable.add(CheckpointReader.manifest(storage, step));
      } catch (DamagedCheckpointException e) {
        problems.add(e.getMessage());
      }
    }
    return new Manifests(readable, problems);
  }

  /** Names each file that is damaged, missing, truncated or foreign. */
  public Verification verify(long step, Depth depth) throws IOException {
    return Verifier.verify(storage, step, depth);
  }

  /** The checkpoint to go on from; steps that were never committed are passed over in silence. */
  public Choice newestValid(long stepMax, Depth depth) throws IOException {
    var skipped = new ArrayList<Verification>();
    for (long step : complete().reversed()) {
      if (step <= stepMax) {
        var verification = verify(step, depth);
        if (verification.valid()) {
          return new Choice(OptionalLong.of(step), skipped);
        }
        skipped.add(verification);
      }
    }
    return new Choice(OptionalLong.empty(), skipped);
  }

  /**
   * Deletes what the retention does not keep. Without any valid checkpoint nothing is deleted: what
   * cannot be read now may be readable later.
   *
   * @param depth of the search for the newest valid one, which is never deleted
   * @return what was decided for each complete checkpoint; all of it has happened
   * @throws IOException some may have been deleted, none that was to stay
   */
  public List<Retention.Decision> prune(Retention retention, Depth depth) throws IOException {
    var steps = complete();
    var newest = newestValid(Long.MAX_VALUE, depth).step();
    if (newest.isEmpty()) {
      return steps.stream()
          .map(step -> new Retention.Decision(step, true, "there is no valid checkpoint"))
          .toList();
    }
    var decisions = retention.decide(steps, newest.getAsLong());
    for (var decision : decisions) {
      if (!decision.keep()) {
        storage.delete(decision.step());
      }
    }
    return decisions;
  }

  private List<Long> complete() throws IOException {
    return list().stream().filter(Entry::complete).map(Entry::step).toList();
  }
}
