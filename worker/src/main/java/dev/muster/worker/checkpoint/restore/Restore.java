package dev.muster.worker.checkpoint.restore;

import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.storage.Box;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Fills a trainer's tensors from a source of any layout and any world size. What is damaged is left
 * out when another piece holds the same; only when everything was found and verified, the first
 * byte is loaded. One use, one thread.
 */
public final class Restore {
  /**
   * @param bytes of the tensors
   * @param files they came from
   * @param damaged what was left out, a sentence each
   */
  public record Loaded(long step, long bytes, List<String> files, List<String> damaged) {
    public Loaded {
      files = List.copyOf(files);
      damaged = List.copyOf(damaged);
    }
  }

  private final StateSource source;
  private final List<NamedTensor> targets;
  private final Set<Piece> usable;
  private final Set<Piece> verified = new HashSet<>();
  private final List<String> damaged = new ArrayList<>();

  private Restore(StateSource source, List<NamedTensor> targets) {
    this.source = source;
    this.targets = targets;
    this.usable = new LinkedHashSet<>(source.pieces());
  }

  /**
   * Fills {@code targets}: all of their memory, nothing else.
   *
   * @throws UnusableStateException names tensor, box and file; the targets are untouched
   * @throws IOException the source went away in the midst; the targets hold no state
   * @throws IllegalArgumentException a target's memory is not that of its box, or cannot be written
   */
  public static Loaded load(StateSource source, List<NamedTensor> targets) throws IOException {
    targets.forEach(Restore::check);
    var restore = new Restore(source, targets);
    var plan = restore.verified();
    for (var copy : plan.copies()) {
      copy.piece().copyTo(copy.target().memory(), copy.box());
    }
    var files = plan.pieces().stream().map(Piece::file).distinct().toList();
    return new Loaded(source.step(), bytes(targets), files, restore.damaged);
  }

  private static long bytes(List<NamedTensor> targets) {
    return targets.stream().mapToLong(t -> t.memory().byteSize()).sum();
  }

  private static void check(NamedTensor target) {
    var box = Box.of(target.box());
    long expected = Math.multiplyExact(box.elements(), target.dtype().sizeBytes());
    if (target.memory().byteSize() != expected || target.memory().isReadOnly()) {
      throw new IllegalArgumentException(
          "cannot restore into this memory: tensor="
              + target.name()
              + " box="
              + box
              + " expectedBytes="
              + expected
              + " actualBytes="
              + target.memory().byteSize()
              + " readOnly="
              + target.memory().isReadOnly());
    }
  }

  /** Ends: each round either is the last or has fewer pieces. */
  private Plan verified() throws UnusableStateException {
    while (true) {
      var plan = plan();
      int before = usable.size();
      plan.pieces().forEach(this::verify);
      if (usable.size() == before) {
        return plan;
      }
    }
  }

  private void verify(Piece piece) {
    try {
      if (verified.add(piece)) {
        piece.verify();
      }
    } catch (IOException e) {
      usable.remove(piece);
      damaged.add("tensor=" + piece.name() + " box=" + piece.box() + ": " + e.getMessage());
    }
  }

  private Plan plan() throws UnusableStateException {
    try {
      return Plan.of(usable, targets);
    } catch (UnusableStateException e) {
      throw new UnusableStateException(
          "cannot restore: step="
              + source.step()
              + " generation="
              + source.generation()
              + " reason=["
              + e.getMessage()
              + "] damaged="
              + damaged
              + " absent="
              + source.absent()
              + "; nothing was loaded, take another source or an earlier step");
    }
  }
}
