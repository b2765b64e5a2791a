package dev.muster.collectives.shared;

import dev.muster.collectives.Groups;
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
 *    then  two packets of 256 KiB, for one other rank, alternately
 *    then  a channel per other rank, see Channels
 *    then  what the rank has allocated
 * </pre>
 *
 * The file is sparse. Space is taken, by writing zeros, when memory is handed out: a full file
 * system is then an exception here instead of a SIGBUS at the first touch.
 */
final class Region implements AutoCloseable {
  static final int SLOT_BYTES = 16 << 10;
  static final int STAGE_BYTES = 1 << 20;
  static final int PACKET_BYTES = 256 << 10;
  static final int CHANNEL_BYTES = 192;

  private static final long STAGES = 2L * SLOT_BYTES;
  private static final long PACKETS = STAGES + 2L * STAGE_BYTES;
  private static final long CHANNELS = PACKETS + 2L * PACKET_BYTES;
  private static final int ALIGNMENT = 64;
  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(256 << 10).asReadOnlyBuffer();

  private final Groups.Spec spec;
  private final FileChannel file;
  private final MemorySegment memory;
  private final long user; // where the memory of the rank begins
  private long used;
  private boolean staged;
  private boolean packed;

  private Region(Groups.Spec spec, FileChannel file, MemorySegment memory) {
    this.spec = spec;
    this.file = file;
    this.memory = memory;
    this.user = user(spec);
    this.used = user;
  }

  private static long user(Groups.Spec spec) {
    return CHANNELS + (long) CHANNEL_BYTES * spec.worldSize();
  }

  static Region create(Groups.Spec spec, int rank, Arena arena) {
    FileChannel file = null;
    try {
      file = SegmentFiles.createData(spec, rank);
      long sizeBytes = user(spec) + align(spec.bytesPerRank());
      var memory = file.map(FileChannel.MapMode.READ_WRITE, 0, sizeBytes, arena);
      Region region = new Region(spec, file, memory);
      region.take(0, STAGES);
      region.take(CHANNELS, region.user - CHANNELS);
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

  long packetOffset(long packet) {
    if (!packed) {
      take(PACKETS, 2L * PACKET_BYTES);
      packed = true;
    }
    return PACKETS + (packet & 1) * PACKET_BYTES;
  }

  /** What the owner of a region tells one other rank. */
  static long channelOffset(int peer) {
    return CHANNELS + (long) CHANNEL_BYTES * peer;
  }

  /** Where in the region some memory lies, or -1 if it is no memory of ours. */
  long offsetOf(MemorySegment segment) {
    long offset = segment.address() - memory.address();
    return offset >= user && offset + segment.byteSize() <= memory.byteSize() ? offset : -1;
  }

  MemorySegment allocate(long bytes) {
    if (bytes < 0 || bytes > memory.byteSize() - used) {
      throw new IllegalStateException(
          "shared region is full: group="
              + spec.group()
              + " sizeBytes="
              + (memory.byteSize() - user)
              + " usedBytes="
              + (used - user)
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
