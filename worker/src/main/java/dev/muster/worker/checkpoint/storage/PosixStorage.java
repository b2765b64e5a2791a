package dev.muster.worker.checkpoint.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Checkpoints in a directory that all hosts see: {@code
 * step-<n>/shard-<rank>.g<generation>.safetensors} and {@code step-<n>/manifest.json}. Each file is
 * written under a hidden temporary name, made durable and renamed; the manifest is the last. A
 * crash or a power failure at any instant leaves all earlier checkpoints whole and of this one all
 * or nothing, or the one of the same step that it replaces. Any thread, as far as {@link
 * CheckpointStorage} allows.
 */
public final class PosixStorage implements CheckpointStorage {
  private final Path root;
  private final Disk disk;

  /**
   * @param root made by the first put
   */
  public PosixStorage(Path root) {
    this(root.toAbsolutePath().normalize(), new PosixDisk());
  }

  PosixStorage(Path root, Disk disk) {
    this.root = root;
    this.disk = disk;
  }

  @Override
  public PendingFile put(long step, String file) throws IOException {
    if (step < 0 || !StorageNames.put(file)) {
      throw new IllegalArgumentException(
          "not a file of a step: step=" + step + " file=" + file + "; see shardFile and partFile");
    }
    requireReplaceable(step, StorageNames.generationOf(file));
    makeDirectory(step);
    for (var entry : disk.list(directory(step))) {
      if (StorageNames.temporaryOf(entry.name(), file)) {
        disk.delete(directory(step).resolve(entry.name()));
      }
    }
    return pending(step, file);
  }

  private AtomicFile pending(long step, String file) throws IOException {
    var temporary = directory(step).resolve(StorageNames.temporary(file));
    return new AtomicFile(disk, directory(step).resolve(file), temporary);
  }

  private void makeDirectory(long step) throws IOException {
    disk.createDirectory(root);
    disk.forceDirectory(root.getParent());
    disk.createDirectory(directory(step));
    disk.forceDirectory(root);
  }

  @Override
  public void commit(long step, Set<String> files, byte[] manifest) throws IOException {
    var generation = files.stream().findFirst().map(StorageNames::generationOf);
    requireReplaceable(step, generation.orElse(OptionalLong.empty()));
    requireAll(step, files);
    Predicate<String> others = name -> !files.contains(name) && !name.equals(MANIFEST);
    if (!committed(step)) {
      deleteOurs(step, others.and(name -> !StorageNames.part(name)));
    }
    try (var out = pending(step, MANIFEST)) {
      for (var bytes = ByteBuffer.wrap(manifest); bytes.hasRemaining(); ) {
        out.write(bytes);
      }
      out.finish();
    }
    deleteOurs(step, others); // needed until now: a commit that failed is tried again
  }

  private void deleteOurs(long step, Predicate<String> which) throws IOException {
    for (var entry : disk.list(directory(step))) {
      if (StorageNames.ours(entry.name()) && which.test(entry.name())) {
        disk.delete(directory(step).resolve(entry.name()));
      }
    }
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
              + " directory="
              + directory(step)
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
              + " directory="
              + directory(step)
              + " missing="
              + missing
              + "; every shard must be finished first");
    }
  }

  private boolean committed(long step) throws IOException {
    return files(step).stream().anyMatch(f -> f.file().equals(MANIFEST));
  }

  @Override
  public List<Long> steps() throws IOException {
    return disk.list(root).stream()
        .filter(Disk.Entry::directory)
        .map(e -> StorageNames.stepOf(e.name()))
        .filter(OptionalLong::isPresent)
        .map(OptionalLong::getAsLong)
        .sorted()
        .toList();
  }

  @Override
  public List<Stored> files(long step) throws IOException {
    return disk.list(directory(step)).stream()
        .map(e -> new Stored(e.name(), e.sizeBytes(), e.modifiedMs()))
        .toList();
  }

  @Override
  public StoredFile open(long step, String file) throws IOException {
    if (!StorageNames.ours(file)) {
      throw new NoSuchFileException(directory(step) + ": no file of a checkpoint: " + file);
    }
    return disk.open(directory(step).resolve(file));
  }

  @Override
  public void delete(long step) throws IOException {
    disk.delete(directory(step).resolve(MANIFEST));
    if (!disk.list(directory(step)).isEmpty()) {
      disk.forceDirectory(directory(step)); // before the first shard goes
    }
    deleteOurs(step, name -> true);
    if (disk.list(directory(step)).isEmpty()) {
      disk.delete(directory(step));
    }
  }

  @Override
  public List<Long> removeUncommitted(long beforeStep) throws IOException {
    var removed = new ArrayList<Long>();
    for (long step : steps()) {
      if (step < beforeStep && !committed(step)) {
        delete(step);
        removed.add(step);
      }
    }
    return removed;
  }

  private Path directory(long step) {
    return root.resolve(StorageNames.step(step));
  }
}
