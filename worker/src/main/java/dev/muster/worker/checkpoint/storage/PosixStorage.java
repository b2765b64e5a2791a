package dev.muster.worker.checkpoint.storage;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * Checkpoints in a directory that all hosts see: {@code
 * step-<n>/shard-<rank>.g<generation>.safetensors} and {@code step-<n>/manifest.json}. Each file is
 * written under a hidden temporary name, made durable and renamed; the manifest is the last. A
 * crash or a power failure at any instant leaves all earlier checkpoints whole and of this one all
 * or nothing, or the one of the same step that it replaces. Any thread, as far as {@link
 * CheckpointStorage} allows.
 */
public final class PosixStorage extends StepStorage {
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
  protected String place(long step) {
    return directory(step).toString();
  }

  @Override
  protected PendingFile create(long step, String file) throws IOException {
    makeDirectory(step);
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
  protected void abandon(long step, Predicate<String> files) throws IOException {
    removeAll(step, name -> StorageNames.temporaryOf(name).filter(files).isPresent());
  }

  @Override
  protected void remove(long step, Predicate<String> files) throws IOException {
    removeAll(step, name -> ours(name) && files.test(name));
  }

  private void removeAll(long step, Predicate<String> names) throws IOException {
    for (var entry : disk.list(directory(step))) {
      if (names.test(entry.name())) {
        disk.delete(directory(step).resolve(entry.name()));
      }
    }
  }

  @Override
  protected void settle(long step) throws IOException {
    if (!disk.list(directory(step)).isEmpty()) {
      disk.forceDirectory(directory(step));
    }
  }

  @Override
  protected void tidy(long step) throws IOException {
    if (disk.list(directory(step)).isEmpty()) {
      disk.delete(directory(step));
    }
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
  protected List<Long> begun() throws IOException {
    return steps();
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

  private Path directory(long step) {
    return root.resolve(StorageNames.step(step));
  }
}
