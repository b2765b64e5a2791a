package dev.muster.worker.checkpoint.snapshot;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.muster.worker.process.ProcessStat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The mapped file of one rank's snapshots.
 *
 * <pre>
 *      0  i64  magic "MUSTSNAP"
 *      8  i32  version, 4
 *     16  i64  room: bytes of one buffer's region, a multiple of 4096
 *     24  i32  CRC32C of the bytes 0 to 24
 *     64  i64  who writes: pid and start of the process; 0 nobody
 *    512  header of buffer 0, see {@link SnapshotBuffer}
 *   1024  header of buffer 1
 *   1536  header of buffer 2
 *   4096  region of buffer 0, then those of 1 and 2
 * </pre>
 *
 * Two buffers take turns; the third takes space only once a reader is in the way, see {@link Turn}.
 *
 * <p>Native byte order: the file never leaves its host. It is sparse; space is taken by writing
 * zeros before memory is touched, because a full file system is an exception there and a SIGBUS at
 * a mapped page. It is never made shorter: a state that outgrows it gets a new one.
 */
final class SnapshotFile implements AutoCloseable {
  static final long HEADER_BYTES = 4096;
  static final int VERSION = 4;
  private static final int BUFFERS = 3;
  private static final long MAGIC = 0x50414E53_5453554DL;
  private static final long ROOM = 16;
  private static final long CRC = 24;
  private static final long CLAIM = 64;
  private static final int START_BITS = 40;
  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(256 << 10).asReadOnlyBuffer();

  /** Milliseconds of CLOCK_MONOTONIC: the same for all processes of a host. */
  static final LongSupplier CLOCK = () -> System.nanoTime() / 1_000_000;

  private final Path path;
  private final FileChannel channel;
  private final Arena arena;
  private final MemorySegment header;
  private final List<SnapshotBuffer> buffers;

  private SnapshotFile(Path path, FileChannel channel, MapMode data, LongSupplier nowMs)
      throws IOException {
    this.path = path;
    this.channel = channel;
    this.arena = Arena.ofShared();
    this.header = channel.map(MapMode.READ_WRITE, 0, HEADER_BYTES, arena);
    check();
    this.buffers = List.of(buffer(0, data, nowMs), buffer(1, data, nowMs), buffer(2, data, nowMs));
  }

  private SnapshotBuffer buffer(int number, MapMode mode, LongSupplier nowMs) throws IOException {
    var slice =
        header.asSlice(SnapshotBuffer.HEADER_BYTES * (number + 1), SnapshotBuffer.HEADER_BYTES);
    var region = channel.map(mode, HEADER_BYTES + number * room(), room(), arena);
    return new SnapshotBuffer(path, number, slice, region, nowMs);
  }

  /** A new, empty file; whatever has that name is unlinked, and lives on for whoever mapped it. */
  static SnapshotFile create(Path path, long roomBytes, LongSupplier nowMs) {
    var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    try {
      Files.deleteIfExists(path);
      var channel = FileChannel.open(path, Set.of(CREATE_NEW, READ, WRITE), mode);
      return opened(channel, () -> fresh(path, channel, roomBytes, nowMs));
    } catch (IOException e) {
      throw failed("cannot create", path, e);
    }
  }

  private static SnapshotFile fresh(
      Path path, FileChannel channel, long roomBytes, LongSupplier nowMs) throws IOException {
    long room = SnapshotLayout.align(roomBytes, HEADER_BYTES);
    zeros(channel, 0, HEADER_BYTES);
    try (var arena = Arena.ofConfined()) {
      var header = channel.map(MapMode.READ_WRITE, 0, HEADER_BYTES, arena);
      header.set(ValueLayout.JAVA_INT, 8, VERSION);
      header.set(ValueLayout.JAVA_LONG, ROOM, room);
      header.set(ValueLayout.JAVA_LONG, 0, MAGIC);
      header.set(ValueLayout.JAVA_INT, CRC, Checksum.of(header.asSlice(0, CRC)));
    }
    channel.write(ByteBuffer.allocate(1), HEADER_BYTES + BUFFERS * room - 1); // the size, all holes
    return new SnapshotFile(path, channel, MapMode.READ_WRITE, nowMs);
  }

  static SnapshotFile openToWrite(Path path, LongSupplier nowMs) {
    return open(path, MapMode.READ_WRITE, nowMs);
  }

  /** Its regions cannot be written; its header can, for the sake of pins. */
  static SnapshotFile openToRead(Path path, LongSupplier nowMs) {
    return open(path, MapMode.READ_ONLY, nowMs);
  }

  private static SnapshotFile open(Path path, MapMode data, LongSupplier nowMs) {
    try {
      var channel = FileChannel.open(path, READ, WRITE);
      return opened(
          channel,
          () -> {
            requireSize(path, HEADER_BYTES, channel.size());
            return new SnapshotFile(path, channel, data, nowMs);
          });
    } catch (IOException e) {
      throw failed("cannot open", path, e);
    }
  }

  private interface Opening {
    SnapshotFile run() throws IOException;
  }

  private static SnapshotFile opened(FileChannel channel, Opening opening) throws IOException {
    try {
      return opening.run();
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private void check() throws IOException {
    if (header.get(ValueLayout.JAVA_LONG, 0) != MAGIC) {
      throw damaged("magic", MAGIC, header.get(ValueLayout.JAVA_LONG, 0));
    }
    int crc = Checksum.of(header.asSlice(0, CRC));
    SnapshotDamagedException.require(
        path, "file header", header.get(ValueLayout.JAVA_INT, CRC), crc);
    if (header.get(ValueLayout.JAVA_INT, 8) != VERSION) {
      throw damaged("version", VERSION, header.get(ValueLayout.JAVA_INT, 8));
    }
    requireSize(path, HEADER_BYTES + BUFFERS * room(), channel.size());
  }

  private static void requireSize(Path path, long expected, long actual) {
    if (actual < expected) {
      throw new SnapshotDamagedException(
          path, "file size", "at least " + expected, Long.toString(actual));
    }
  }

  private SnapshotDamagedException damaged(String what, long expected, long actual) {
    return new SnapshotDamagedException(
        path, "file header, " + what, Long.toHexString(expected), Long.toHexString(actual));
  }

  Path path() {
    return path;
  }

  List<SnapshotBuffer> buffers() {
    return buffers;
  }

  /** Number of the newest save, whether or not it was taken back; -1 if there is none. */
  long sequence() {
    return buffers.stream().mapToLong(SnapshotBuffer::lastSequence).max().orElseThrow();
  }

  long room() {
    return header.get(ValueLayout.JAVA_LONG, ROOM);
  }

  // ---- writing

  /**
   * Becomes the one process that writes.
   *
   * @throws IllegalStateException another one does, and lives
   */
  void claim() {
    long holder = (long) LONG.getVolatile(header, CLAIM);
    if (holder != 0 && alive(holder) || !LONG.compareAndSet(header, CLAIM, holder, self())) {
      throw new IllegalStateException(
          "snapshot file has a writer already: file="
              + path
              + " pid="
              + (holder >>> START_BITS)
              + "; one rank writes one file, end that process or close its writer first");
    }
  }

  void unclaim() {
    LONG.compareAndSet(header, CLAIM, self(), 0L);
  }

  private static long self() {
    long pid = ProcessHandle.current().pid();
    return word(ProcessStat.of(pid).orElseThrow());
  }

  private static boolean alive(long holder) {
    Optional<ProcessStat> stat = ProcessStat.of(holder >>> START_BITS);
    return stat.isPresent() && !stat.get().zombie() && word(stat.get()) == holder;
  }

  private static long word(ProcessStat stat) {
    return stat.pid() << START_BITS | stat.startTicks() & (1L << START_BITS) - 1;
  }

  /** Space for the first {@code bytes} of a buffer; what it holds already stays. */
  void take(SnapshotBuffer buffer, long bytes) {
    long taken = buffer.takenBytes();
    if (bytes <= taken) {
      return;
    }
    SnapshotSpace.require(path, bytes - taken);
    try {
      long start = HEADER_BYTES + buffers.indexOf(buffer) * room();
      zeros(channel, start + taken, bytes - taken);
      buffer.takenBytes(bytes);
    } catch (IOException e) { // others took the space since we looked
      throw (RuntimeException) SnapshotSpace.full(path, bytes - taken).initCause(e);
    }
  }

  /**
   * Takes the space where there is none; {@link SnapshotBuffer#takenBytes} does not know of it yet.
   */
  void write(SnapshotBuffer buffer, long offset, MemorySegment bytes) {
    ByteBuffer left = bytes.asByteBuffer();
    long at = HEADER_BYTES + buffers.indexOf(buffer) * room() + offset;
    try {
      while (left.hasRemaining()) {
        at += channel.write(left, at);
      }
    } catch (IOException e) {
      throw failed("cannot write", path, e);
    }
  }

  private static void zeros(FileChannel channel, long at, long bytes) throws IOException {
    ByteBuffer zeros = ZEROS.duplicate();
    for (long done = 0; done < bytes; ) {
      zeros.clear().limit((int) Math.min(zeros.capacity(), bytes - done));
      done += channel.write(zeros, at + done);
    }
  }

  private static UncheckedIOException failed(String what, Path path, IOException cause) {
    return new UncheckedIOException(
        what + " a snapshot file: file=" + path + " error=" + cause, cause);
  }

  @Override
  public void close() {
    arena.close();
    try {
      channel.close();
    } catch (IOException e) {
      throw failed("cannot close", path, e);
    }
  }
}
