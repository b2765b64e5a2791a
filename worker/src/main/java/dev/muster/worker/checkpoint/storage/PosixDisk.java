package dev.muster.worker.checkpoint.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The file system of the host, or one mounted there. Any thread. */
final class PosixDisk implements Disk {
  @Override
  public NewFile create(Path file) throws IOException {
    return new OpenFile(
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
  }

  private record OpenFile(FileChannel channel) implements NewFile {
    @Override
    public int write(ByteBuffer bytes) throws IOException {
      return channel.write(bytes);
    }

    @Override
    public void force() throws IOException {
      channel.force(true);
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  @Override
  public StoredFile open(Path file) throws IOException {
    return new PosixFile(file, FileChannel.open(file, StandardOpenOption.READ));
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void delete(Path path) throws IOException {
    Files.deleteIfExists(path);
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    Files.createDirectories(directory);
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public List<Entry> list(Path directory) throws IOException {
    var entries = new ArrayList<Entry>();
    try (var paths = Files.newDirectoryStream(directory)) {
      for (var path : paths) {
        add(path, entries);
      }
    } catch (NoSuchFileException | NotDirectoryException none) {
      return List.of();
    }
    entries.sort(Comparator.comparing(Entry::name));
    return entries;
  }

  private static void add(Path path, List<Entry> entries) throws IOException {
    try {
      var found = Files.readAttributes(path, BasicFileAttributes.class);
      entries.add(
          new Entry(
              path.getFileName().toString(),
              found.isDirectory(),
              found.size(),
              found.lastModifiedTime().toMillis()));
    } catch (NoSuchFileException gone) {
      // another writer renamed or removed it since the directory was read
    }
  }
}
