package dev.muster.worker.checkpoint.restore;

import dev.muster.worker.checkpoint.storage.Box;
import dev.muster.worker.checkpoint.storage.CheckpointReader;
import dev.muster.worker.checkpoint.storage.CheckpointStorage;
import dev.muster.worker.checkpoint.storage.DamagedCheckpointException;
import dev.muster.worker.checkpoint.storage.ElementType;
import dev.muster.worker.checkpoint.storage.Verification;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.NoSuchFileException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A committed checkpoint. Only the files that hold a part of what is restored are read: once to
 * compare the checksum of each, once to load.
 */
public final class CheckpointSource implements StateSource {
  private final CheckpointReader checkpoint;
  private final Map<String, Verification> verified = new HashMap<>(); // by file

  private CheckpointSource(CheckpointReader checkpoint) {
    this.checkpoint = checkpoint;
  }

  /**
   * Whoever made it.
   *
   * @throws UnusableStateException there is no checkpoint of this step, or its manifest is damaged
   */
  public static CheckpointSource open(CheckpointStorage storage, long step) throws IOException {
    try {
      return new CheckpointSource(CheckpointReader.open(storage, step));
    } catch (NoSuchFileException | DamagedCheckpointException e) {
      throw unusable(step, e.getMessage());
    }
  }

  /**
   * The one that the group of this generation made.
   *
   * @throws UnusableStateException likewise, or another group made it: what followed from the step
   *     there may differ
   */
  public static CheckpointSource open(CheckpointStorage storage, long step, long generation)
      throws IOException {
    var source = open(storage, step);
    if (source.generation() != generation) {
      source.close();
      throw unusable(
          step,
          "checkpoint of another history: expectedGeneration=%d actualGeneration=%d job=%s"
              .formatted(generation, source.generation(), source.checkpoint.manifest().job()));
    }
    return source;
  }

  private static UnusableStateException unusable(long step, String reason) {
    return new UnusableStateException(
        "cannot restore: step=" + step + " reason=[" + reason + "]; take another step");
  }

  private record Stored(CheckpointSource source, CheckpointReader.Piece piece) implements Piece {
    @Override
    public String name() {
      return piece.tensor().name();
    }

    @Override
    public ElementType type() {
      return piece.tensor().dtype();
    }

    @Override
    public List<Long> shape() {
      return piece.tensor().shape();
    }

    @Override
    public Box box() {
      return piece.tensor().box();
    }

    @Override
    public String file() {
      return piece.file();
    }

    @Override
    public void verify() throws IOException {
      var verification = source.verify(piece.file());
      if (!verification.valid()) {
        throw new DamagedCheckpointException(verification.reason());
      }
    }

    @Override
    public void copyTo(MemorySegment target, Box box) throws IOException {
      source.checkpoint.read(piece, box, target);
    }
  }

  private Verification verify(String file) throws IOException {
    var found = verified.get(file);
    if (found == null) {
      found = checkpoint.verify(file);
      verified.put(file, found);
    }
    return found;
  }

  @Override
  public long step() {
    return checkpoint.manifest().step();
  }

  @Override
  public long generation() {
    return checkpoint.manifest().generation();
  }

  @Override
  public List<Piece> pieces() {
    return checkpoint.pieces().stream().<Piece>map(p -> new Stored(this, p)).toList();
  }

  /** A manifest says exactly what there must be. */
  @Override
  public List<String> absent() {
    return List.of();
  }

  @Override
  public void close() throws IOException {
    checkpoint.close();
  }
}
