package dev.muster.worker.checkpoint.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The rules of a {@link CheckpointStorage}: what is written, replaced and removed in which order.
 * Where the files lie is left to the subclass. Any thread, as far as {@link CheckpointStorage}
 * allows.
 */
public abstract class StepStorage implements CheckpointStorage {
  /** Where a step is, for messages. */
  protected abstract String place(long step);

  /** Starts a file of a step beside whatever else is under way. */
  protected abstract PendingFile create(long step, String file) throws IOException;

  /** Makes that attempts under way at these files cannot finish; removes what they wrote. */
  protected abstract void abandon(long step, Predicate<String> files) throws IOException;

  /** Removes finished files of ours. */
  protected abstract void remove(long step, Predicate<String> files) throws IOException;

  /** What was removed until now stays removed, whatever happens after it. */
  protected abstract void settle(long step) throws IOException;

  /** Removes what a step without files leaves. */
  protected abstract void tidy(long step) throws IOException;

  /** Of which there is a file, or an attempt at one. */
  protected abstract List<Long> begun() throws IOException;

  @Override
  public PendingFile put(long step, String file) throws IOException {
    if (step < 0 || !StorageNames.put(file)) {
      throw new IllegalArgumentException(
          "not a file of a step: step=" + step + " file=" + file + "; see shardFile and partFile");
    }
    requireReplaceable(step, StorageNames.generationOf(file));
    abandon(step, file::equals);
    return create(step, file);
  }

  @Override
  public void commit(long step, Set<String> files, byte[] manifest) throws IOException {
    var generation = files.stream().findFirst().map(StorageNames::generationOf);
    requireReplaceable(step, generation.orElse(OptionalLong.empty()));
    requireAll(step, files);
    abandon(step, name -> true);
    Predicate<String> others = name -> !files.contains(name) && !name.equals(MANIFEST);
    if (!committed(step)) {
      remove(step, others.and(name -> !StorageNames.part(name)));
    }
    try (var out = create(step, MANIFEST)) {
      for (var bytes = ByteBuffer.wrap(manifest); bytes.hasRemaining(); ) {
        out.write(bytes);
      }
      out.finish();
    }
    remove(step, others); // needed until now: a commit that failed is tried again
  }

  /** A group that comes later has another history, or has made good what was damaged. */
  private void requireReplaceable(long step, OptionalLong by) throws IOException {
    var held = committedBy(step);
    if (held.isPresent() && by.orElse(-1) <= held.getAsLong()) {
      throw new IOException(
          "checkpoint exists: step="
              + step
              + " generation="
              + held.getAsLong()
              + " place="
              + place(step)
              + "; only a later generation replaces it, delete it first if it is to be written"
              + " again");
    }
  }

  /** Empty: it is no checkpoint, or nobody can read it. */
  private OptionalLong committedBy(long step) throws IOException {
    try {
      return OptionalLong.of(CheckpointReader.manifest(this, step).generation());
    } catch (NoSuchFileException | DamagedCheckpointException none) {
      return OptionalLong.empty();
    }
  }

  private void requireAll(long step, Set<String> files) throws IOException {
    var missing = files.stream().sorted().collect(Collectors.toList());
    missing.removeAll(files(step).stream().map(Stored::file).toList());
    if (!missing.isEmpty()) {
      throw new IOException(
          "cannot commit checkpoint: step="
              + step
              + " place="
              + place(step)
              + " missing="
              + missing
              + "; every shard must be finished first");
    }
  }

  private boolean committed(long step) throws IOException {
    return files(step).stream().anyMatch(f -> f.file().equals(MANIFEST));
  }

  @Override
  public void delete(long step) throws IOException {
    remove(step, MANIFEST::equals);
    settle(step); // before the first shard goes
    abandon(step, name -> true);
    remove(step, name -> true);
    tidy(step);
  }

  @Override
  public List<Long> removeUncommitted(long beforeStep) throws IOException {
    var removed = new ArrayList<Long>();
    for (long step : begun()) {
      if (step < beforeStep && !committed(step)) {
        delete(step);
        removed.add(step);
      }
    }
    return removed;
  }

  // ---- names, for subclasses

  /** Of a step's files, below the root. */
  protected static String directoryName(long step) {
    return StorageNames.step(step);
  }

  /** Empty: the name of something else. */
  protected static OptionalLong stepOf(String directoryName) {
    return StorageNames.stepOf(directoryName);
  }

  /** Whether a finished file is one that is written here. */
  protected static boolean ours(String file) {
    return StorageNames.finished(file);
  }
}
