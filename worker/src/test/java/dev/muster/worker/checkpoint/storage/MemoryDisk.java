package dev.muster.worker.checkpoint.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A disk that tells what is durable from what is only written, and that can stop at any operation.
 * After a power failure each name whose directory was not made durable since is the old or the new
 * one, each by itself, and a file holds what was made durable and any part of the rest.
 */
final class MemoryDisk implements Disk {
  /** The machine is gone; nothing the caller does after this happens. */
  static final class Stopped extends IOException {
    private static final long serialVersionUID = 1;
  }

  private sealed interface Node {}

  private static final class Content implements Node {
    private byte[] bytes = {};
    private int durableBytes;
  }

  private static final class Names implements Node {
    private TreeMap<String, Node> live = new TreeMap<>();
    private TreeMap<String, Node> durable = new TreeMap<>();
  }

  private final Names root = new Names();
  private final List<String> operations = new ArrayList<>();
  private int stopAt = Integer.MAX_VALUE;
  private int failAt = Integer.MAX_VALUE;
  private boolean stopped;

  /** The operations to come, counted from 0: at which one the machine stops, in the midst of it. */
  MemoryDisk stopAt(int operation) {
    operations.clear();
    stopAt = operation;
    return this;
  }

  /** The operations to come, counted from 0: which one fails, as on a full disk. */
  MemoryDisk failAt(int operation) {
    operations.clear();
    failAt = operation;
    return this;
  }

  List<String> operations() {
    return operations;
  }

  /** What a process sees that is started after another one crashed. */
  void restart() {
    stopAt = Integer.MAX_VALUE;
    failAt = Integer.MAX_VALUE;
    stopped = false;
  }

  void powerFailure(Random random) {
    restart();
    lose(root, random);
  }

  private static void lose(Names names, Random random) {
    var after = new TreeMap<String, Node>();
    var all = new TreeSet<>(names.live.keySet());
    all.addAll(names.durable.keySet());
    for (var name : all) {
      var node = (random.nextBoolean() ? names.live : names.durable).get(name);
      if (node != null) {
        after.put(name, node);
      }
    }
    names.live = after;
    names.durable = new TreeMap<>(after);
    for (var node : after.values()) {
      switch (node) {
        case Names inner -> lose(inner, random);
        case Content content -> lose(content, random);
      }
    }
  }

  private static void lose(Content content, Random random) {
    int rest = content.bytes.length - content.durableBytes;
    int kept = content.durableBytes + random.nextInt(rest + 1);
    content.bytes = Arrays.copyOf(content.bytes, kept);
    content.durableBytes = kept;
  }

  private void operation(String what) throws IOException {
    if (stopped || operations.size() >= stopAt) {
      stopped = true;
      throw new Stopped();
    }
    operations.add(what);
    if (operations.size() - 1 == failAt) {
      throw new IOException("No space left on device");
    }
  }

  @Override
  public NewFile create(Path file) throws IOException {
    operation("create " + file);
    var parent = names(file.getParent());
    if (parent.live.containsKey(name(file))) {
      throw new FileAlreadyExistsException(file.toString());
    }
    var content = new Content();
    parent.live.put(name(file), content);
    return new OpenFile(file, content);
  }

  private final class OpenFile implements NewFile {
    private final Path file;
    private final Content content;
    private boolean open = true;

    private OpenFile(Path file, Content content) {
      this.file = file;
      this.content = content;
    }

    /** Half of the bytes get there before the machine stops or the disk is full. */
    @Override
    public int write(ByteBuffer bytes) throws IOException {
      boolean wasStopped = stopped;
      int half = bytes.remaining() / 2;
      try {
        operation("write " + file);
      } catch (IOException e) {
        append(bytes, wasStopped ? 0 : half);
        throw e;
      }
      int all = bytes.remaining();
      append(bytes, all);
      return all;
    }

    private void append(ByteBuffer bytes, int n) {
      int at = content.bytes.length;
      content.bytes = Arrays.copyOf(content.bytes, at + n);
      bytes.get(content.bytes, at, n);
    }

    @Override
    public void force() throws IOException {
      operation("force " + file);
      content.durableBytes = content.bytes.length;
    }

    @Override
    public boolean isOpen() {
      return open;
    }

    @Override
    public void close() {
      open = false;
    }
  }

  @Override
  public StoredFile open(Path file) throws IOException {
    var node = names(file.getParent()).live.get(name(file));
    if (!(node instanceof Content content)) {
      throw new NoSuchFileException(file.toString());
    }
    return new StoredBytes(file.toString(), content.bytes);
  }

  /** Changes a byte, as decay does. */
  void flip(Path file, int at) throws IOException {
    content(file).bytes[at] ^= 1;
  }

  void truncate(Path file, int sizeBytes) throws IOException {
    content(file).bytes = Arrays.copyOf(content(file).bytes, sizeBytes);
  }

  private Content content(Path file) throws IOException {
    return (Content) names(file.getParent()).live.get(name(file));
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    operation("rename " + from + " " + to);
    var node = names(from.getParent()).live.remove(name(from));
    if (node == null) {
      throw new NoSuchFileException(from.toString());
    }
    names(to.getParent()).live.put(name(to), node);
  }

  @Override
  public void delete(Path path) throws IOException {
    var parent = names(path.getParent());
    if (!parent.live.containsKey(name(path))) {
      return;
    }
    operation("delete " + path);
    if (parent.live.get(name(path)) instanceof Names inner && !inner.live.isEmpty()) {
      throw new DirectoryNotEmptyException(path.toString());
    }
    parent.live.remove(name(path));
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    operation("mkdir " + directory);
    var at = root;
    for (var name : directory) {
      at = (Names) at.live.computeIfAbsent(name.toString(), n -> new Names());
    }
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    operation("force " + directory);
    names(directory).durable = new TreeMap<>(names(directory).live);
  }

  @Override
  public List<Entry> list(Path directory) throws IOException {
    var entries = new ArrayList<Entry>();
    try {
      names(directory)
          .live
          .forEach((name, node) ->
              entries.add(
                  node instanceof Content c
                      ? new Entry(name, false, c.bytes.length, 0)
                      : new Entry(name, true, 0, 0)));
    } catch (NoSuchFileException none) {
      return List.of();
    }
    return entries;
  }

  private Names names(Path directory) throws NoSuchFileException {
    var at = root;
    for (var name : directory) {
      if (!(at.live.get(name.toString()) instanceof Names inner)) {
        throw new NoSuchFileException(directory.toString());
      }
      at = inner;
    }
    return at;
  }

  private static String name(Path path) {
    return path.getFileName().toString();
  }
}
