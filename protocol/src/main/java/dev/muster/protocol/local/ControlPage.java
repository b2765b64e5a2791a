package dev.muster.protocol.local;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * One page of shared memory per worker: what changes too often for a message. Made by the agent,
 * mapped by both.
 *
 * <p>Little-endian; times are CLOCK_MONOTONIC in ns (System.nanoTime, Python's time.monotonic_ns).
 *
 * <pre>
 *   offset  type  writer  what
 *        0  i64           magic 0x4D55535445524350
 *        8  i32           layout version, 1
 *       64  i64   agent   lease deadline: the worker ends itself when the clock passes it; 0 = none yet
 *       72  i64   agent   newest revoked generation
 *      128  i64   worker  generation it is in, 0 = none
 *      136  i64   worker  last applied step
 *      144  i64   worker  step in flight
 *      152  i32   worker  phase, {@link Phase#ordinal}
 *      160  i64   worker  progress counter: grows with every change of phase and every collective
 *      168  f64   worker  last global training loss
 *      176  f64   worker  units per second over the whole group (tokens)
 *      184  i64   worker  duration of the last committed step, ns
 *      192  i32   worker  life sign: offset of the 4-byte word that the step thread holds, 0 = none
 *      256  64 B  worker  room for that word and the lock around it
 * </pre>
 *
 * <p>The life sign is optional: a worker that leaves it 0 is missed a little later when it dies.
 * Its word follows the kernel's rules for robust futexes (Linux, Documentation/locking/
 * robust-futex-ABI): the low 30 bits are the kernel's number of the thread that holds it, bit 31
 * says that somebody waits, bit 30 that the holder died; 0 is free. A process-shared, robust {@code
 * pthread_mutex_t} with its word in the first 4 bytes, as glibc has it, is such a thing.
 */
public final class ControlPage implements AutoCloseable {
  public static final int SIZE_BYTES = 4096;
  static final long MAGIC = 0x4D55535445524350L;
  static final int VERSION = 1;

  private static final long LIFE_SIGN = 192;
  private static final long LIFE_SIGN_ROOM = 256;
  private static final long LIFE_SIGN_ROOM_BYTES = 64;

  private static final VarHandle LONG = JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
  private static final VarHandle INT = JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
  private static final VarHandle DOUBLE =
      JAVA_DOUBLE.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  /** Where a worker is within its step. Only APPLY and later steps change state. */
  public enum Phase {
    STARTING,
    IDLE,
    JOINING,
    RESTORING,
    COMPUTING,
    WAITING,
    AGREEING,
    APPLYING,
    FINISHED
  }

  private final Arena arena;
  private final MemorySegment page;

  private ControlPage(Arena arena, MemorySegment page) {
    this.arena = arena;
    this.page = page;
  }

  /** A page that no other process sees. */
  public static ControlPage inMemory() {
    var arena = Arena.ofShared();
    return new ControlPage(arena, arena.allocate(SIZE_BYTES, 64));
  }

  /** Makes the file with mode 0600 and an empty page. */
  public static ControlPage create(Path file) throws IOException {
    var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    var options =
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try (var channel = FileChannel.open(file, options, mode)) {
      var page = map(channel);
      INT.set(page.page, 8L, VERSION);
      LONG.setRelease(page.page, 0L, MAGIC);
      return page;
    }
  }

  /**
   * @throws IOException the file is missing or not a control page of this version
   */
  public static ControlPage open(Path file) throws IOException {
    if (Files.size(file) != SIZE_BYTES) {
      throw new IOException(
          "not a control page: file="
              + file
              + " expectedBytes="
              + SIZE_BYTES
              + " actualBytes="
              + Files.size(file));
    }
    try (var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      var page = map(channel);
      if ((long) LONG.getAcquire(page.page, 0L) != MAGIC
          || (int) INT.get(page.page, 8L) != VERSION) {
        page.close();
        throw new IOException("not a control page of version " + VERSION + ": file=" + file);
      }
      return page;
    }
  }

  private static ControlPage map(FileChannel channel) throws IOException {
    var arena = Arena.ofShared();
    return new ControlPage(
        arena, channel.map(FileChannel.MapMode.READ_WRITE, 0, SIZE_BYTES, arena));
  }

  public long leaseDeadlineNs() {
    return (long) LONG.getAcquire(page, 64L);
  }

  public void leaseDeadlineNs(long deadlineNs) {
    LONG.setRelease(page, 64L, deadlineNs);
  }

  public long revokedGeneration() {
    return (long) LONG.getAcquire(page, 72L);
  }

  public void revokedGeneration(long generation) {
    LONG.setRelease(page, 72L, generation);
  }

  public long generation() {
    return (long) LONG.getAcquire(page, 128L);
  }

  public void generation(long generation) {
    LONG.setRelease(page, 128L, generation);
  }

  public long appliedStep() {
    return (long) LONG.getAcquire(page, 136L);
  }

  public void appliedStep(long step) {
    LONG.setRelease(page, 136L, step);
  }

  public long stepInFlight() {
    return (long) LONG.getAcquire(page, 144L);
  }

  public void stepInFlight(long step) {
    LONG.setRelease(page, 144L, step);
  }

  public Phase phase() {
    int ordinal = (int) INT.getAcquire(page, 152L);
    return ordinal >= 0 && ordinal < Phase.values().length
        ? Phase.values()[ordinal]
        : Phase.STARTING;
  }

  public void phase(Phase phase) {
    INT.setRelease(page, 152L, phase.ordinal());
    progressed();
  }

  public long progress() {
    return (long) LONG.getAcquire(page, 160L);
  }

  /** Counts one sign of progress; single writer. */
  public void progressed() {
    LONG.setRelease(page, 160L, (long) LONG.get(page, 160L) + 1);
  }

  public double loss() {
    return (double) DOUBLE.getAcquire(page, 168L);
  }

  public void loss(double loss) {
    DOUBLE.setRelease(page, 168L, loss);
  }

  public double unitsPerSecond() {
    return (double) DOUBLE.getAcquire(page, 176L);
  }

  public void unitsPerSecond(double rate) {
    DOUBLE.setRelease(page, 176L, rate);
  }

  public long stepDurationNs() {
    return (long) LONG.getAcquire(page, 184L);
  }

  public void stepDurationNs(long durationNs) {
    LONG.setRelease(page, 184L, durationNs);
  }

  /** Where a worker puts the lock of its life sign; 64 bytes, aligned to 64. */
  public MemorySegment lifeSignRoom() {
    return page.asSlice(LIFE_SIGN_ROOM, LIFE_SIGN_ROOM_BYTES);
  }

  /** The first word of the room is held by the step thread from now on, or by nobody any more. */
  public void lifeSign(boolean held) {
    INT.setRelease(page, LIFE_SIGN, held ? (int) LIFE_SIGN_ROOM : 0);
  }

  /** The word that the step thread holds, 4 bytes; empty without a life sign. */
  public Optional<MemorySegment> lifeSign() {
    int offset = (int) INT.getAcquire(page, LIFE_SIGN);
    boolean word = offset > 0 && offset % 4 == 0 && offset <= SIZE_BYTES - 4;
    return word ? Optional.of(page.asSlice(offset, 4)) : Optional.empty();
  }

  @Override
  public void close() {
    arena.close();
  }
}
