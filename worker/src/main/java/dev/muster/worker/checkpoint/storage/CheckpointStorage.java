package dev.muster.worker.checkpoint.storage;

import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * Where checkpoints are kept: per step a few files, and a manifest that is there only when all of
 * them are. A step without a manifest is no checkpoint. Small on purpose: all of it can be done
 * with puts, listings, ranged reads and deletions of an object store.
 *
 * <p>Shards of a step may be put by many processes at once. Commits, deletions and removals of
 * leftovers come from one process at a time; that only one generation writes is the caller's to
 * ensure, as everywhere.
 */
public interface CheckpointStorage {
  /** The file that makes a step a checkpoint. */
  String MANIFEST = "manifest.json";

  /**
   * @param modifiedMs since 1970
   */
  record Stored(String file, long sizeBytes, long modifiedMs) {}

  /** Another for each generation: what a late one still writes is never part of a newer one's. */
  static String shardFile(int rank, long generation) {
    return "shard-" + rank + ".g" + generation + ".safetensors";
  }

  /** What a rank says of its shard, see {@link Part}; gone once the step is a checkpoint. */
  static String partFile(int rank, long generation) {
    return "shard-" + rank + ".g" + generation + ".json";
  }

  /**
   * Starts a shard or a part; an attempt at the same file that is under way cannot finish any more.
   *
   * @param file as {@link #shardFile} or {@link #partFile} names it
   * @throws IOException definite: the step is a checkpoint of the same or a later generation, or
   *     nothing can be written
   */
  PendingFile put(long step, String file) throws IOException;

  /**
   * Makes a step a checkpoint, at one instant. Shards that the manifest does not name are removed
   * before, parts after that. In place of a checkpoint that an earlier generation made, or whose
   * manifest cannot be read: it is whole until that instant, and its shards are removed after it.
   *
   * @param files the shards that the manifest names, of one generation; each was finished
   * @throws IOException indefinite: the checkpoint may be there, and is whole then
   */
  void commit(long step, Set<String> files, byte[] manifest) throws IOException;

  /** Committed or not, sorted. */
  List<Long> steps() throws IOException;

  /** Everything kept under a step, also what is not ours, sorted; empty when there is none. */
  List<Stored> files(long step) throws IOException;

  /**
   * @throws java.nio.file.NoSuchFileException there is none
   */
  StoredFile open(long step, String file) throws IOException;

  /** Removes a step, the manifest first; files that are not ours stay. */
  void delete(long step) throws IOException;

  /**
   * Removes steps below {@code beforeStep} that were never committed. Call it when no writer of
   * these is under way: when a later step is about to be committed, or, for all steps, before the
   * first put of a generation.
   *
   * @return the steps
   */
  List<Long> removeUncommitted(long beforeStep) throws IOException;
}
