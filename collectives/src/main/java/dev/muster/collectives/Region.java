package dev.muster.collectives;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * The data file of one rank, mapped by all ranks of its group, written by this one alone.
 *
 * <pre>
 *       0  two slots of 16 KiB: inputs of small calls, alternately
 *  32 KiB  two stages of 1 MiB: chunks of inputs that lie outside the region, alternately
 *    then  what the rank has allocated
 * </pre>
 *
 * The file is sparse. Space is taken, by writing zeros, when memory is handed out: a full file
 * system is then an exception here instead of a SIGBUS at the first touch.
 */
final class Region implements AutoCloseable {
  static final int SLOT_BYTES = 16 << 10;
  static final int STAGE_BYTES = 1 << 20;

  private static final long STAGES = 2L * SLOT_BYTES;
  private static final long USER = STAGES + 2L * STAGE_BYTES;
  private static final int ALIGNMENT = 64;
  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(256 << 10).asReadOnlyBuffer();

  private final Groups.Spec spec;
  private final FileChannel file;
  private final MemorySegment memory;
  private long used = USER;
  private boolean staged;

  private Region(Groups.Spec spec, FileChannel file, MemorySegment memory) {
    this.spec = spec;
    this.file = file;
    this.memory = memory;
  }

  static Region create(Groups.Spec spec, int rank, Arena arena) {
    FileChannel file = null;
    try {
      file = SegmentFiles.createData(spec, rank);
      long sizeBytes = USER + align(spec.bytesPerRank());
      var memory = file.map(FileChannel.MapMode.READ_WRITE, 0, sizeBytes, arena);
      Region region = new Region(spec, file, memory);
      region.take(0, STAGES);
      return region;
    } catch (IOException | RuntimeException e) {
      closeQuietly(file);
      if (e instanceof IOException io) {
        throw SegmentFiles.failed("cannot map data file", SegmentFiles.data(spec, rank), io);
      }
      throw (RuntimeException) e;
    }
  }

  MemorySegment memory() {
    return memory;
  }

  long slotOffset(long call) {
    return (call & 1) * SLOT_BYTES;
  }

  long stageOffset(long chunk) {
    if (!staged) {
      take(STAGES, 2L * STAGE_BYTES);
      staged = true;
    }
    return STAGES + (chunk & 1) * STAGE_BYTES;
  }

  /** Where in the region some memory lies, or -1 if it is no memory of ours. */
  long offsetOf(MemorySegment segment) {
    long offset = segment.address() - memory.address();
    return offset >= USER && offset + segment.byteSize() <= memory.byteSize() ? offset : -1;
  }

  MemorySegment allocate(long bytes) {
    if (bytes < 0 || bytes > memory.byteSize() - used) {
      throw new IllegalStateException(
          "shared region is full: group="
              + spec.group()
              + " sizeBytes="
              + (memory.byteSize() - USER)
              + " usedBytes="
              + (used - USER)
              + " wantedBytes="
              + bytes
              + "; raise bytesPerRank of the group");
    }
    take(used, bytes);
    MemorySegment allocated = memory.asSlice(used, bytes);
    used += align(bytes);
    return allocated;
  }

  private void take(long offset, long bytes) {
    ByteBuffer zeros = ZEROS.duplicate();
    try {
      SegmentFiles.requireSpace(spec.directory(), bytes);
      for (long done = 0; done < bytes; ) {
        zeros.clear().limit((int) Math.min(zeros.capacity(), bytes - done));
        done += file.write(zeros, offset + done);
      }
    } catch (IOException e) { // others took the space since we looked
      throw (RuntimeException) SegmentFiles.full(spec.directory(), bytes).initCause(e);
    }
  }

  private static long align(long bytes) {
    return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
  }

  @Override
  public void close() {
    closeQuietly(file);
  }

  private static void closeQuietly(FileChannel file) {
    try {
      if (file != null) {
        file.close();
      }
    } catch (IOException e) {
      // closing a memory file loses nothing
    }
  }
}
