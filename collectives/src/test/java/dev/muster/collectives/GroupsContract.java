package dev.muster.collectives;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the contract suites share: groups under test, ranks as threads, and buffers inside and
 * outside the region.
 */
public abstract class GroupsContract {
  protected static final long START_STEP = 40;
  protected static final long BYTES_PER_RANK = 32 << 20;

  @TempDir protected Path directory;
  protected Groups groups;
  protected RankThreads ranks;

  protected abstract Groups groups();

  @BeforeEach
  void open() {
    groups = groups();
    ranks = new RankThreads(groups);
  }

  @AfterEach
  void close() {
    ranks.close();
  }

  protected Groups.Spec spec(int worldSize) {
    return spec("dp", 1, worldSize);
  }

  protected Groups.Spec spec(String group, long generation, int worldSize) {
    return new Groups.Spec(directory, group, generation, worldSize, START_STEP, BYTES_PER_RANK);
  }

  /** Where the ranks' buffers lie. */
  enum Placement {
    REGION,
    OUTSIDE,
    /** Odd ranks inside, even ones outside. */
    MIXED;

    boolean inRegion(int rank) {
      return this == REGION || this == MIXED && rank % 2 == 1;
    }
  }

  /** One large piece of memory per placement, reused for every case at a shifting offset. */
  static final class Memory {
    static final long BYTES = 8 << 20;
    private final MemorySegment inside;
    private final MemorySegment outside;

    /** Ranks allocate different amounts first, so the same buffer lies elsewhere on every rank. */
    Memory(Communicator communicator, Arena arena) {
      communicator.allocate(100L * communicator.rank());
      inside = communicator.allocate(BYTES);
      outside = arena.allocate(BYTES, 64);
    }

    Buffer buffer(
        Communicator c, Placement placement, DType dtype, int elements, int skipElements) {
      MemorySegment memory = placement.inRegion(c.rank()) ? inside : outside;
      return new Buffer(
          memory.asSlice(
              (long) skipElements * dtype.sizeBytes(), (long) elements * dtype.sizeBytes()),
          dtype);
    }
  }

  static Buffer filled(Buffer buffer, byte[] bytes) {
    MemorySegment.copy(bytes, 0, buffer.memory(), ValueLayout.JAVA_BYTE, 0, bytes.length);
    return buffer;
  }

  static byte[] bytes(Buffer buffer) {
    return buffer.memory().toArray(ValueLayout.JAVA_BYTE);
  }
}
