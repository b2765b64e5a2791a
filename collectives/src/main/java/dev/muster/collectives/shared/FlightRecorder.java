package dev.muster.collectives.shared;

import dev.muster.collectives.Call;
import dev.muster.collectives.Groups;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The last 1,024 calls of one rank, in a mapped file {@code <group>-g<generation>-r<rank>.rec} that
 * outlives its process. One writer at a time; {@link FlightReader} reads from anywhere.
 *
 * <p>Native byte order (little-endian on the hosts we run on), all fields i64:
 *
 * <pre>
 *    0  0x4d55535445525246 once the file may be read; written last
 *    8  version, 1
 *   16  rank
 *   24  world size
 *   32  generation
 *   40  pid
 *   48  index of the newest call, 0 before the first
 *   56  index of the newest collective
 *   64  record of call i at 64 + (i % 1,024) * 64:
 *         0  index of the call, from 1; 0 while the record is being written
 *         8  number: of a collective within its group, of a message within its rank
 *        16  kind, type and operation as Call packs them
 *        24  elements
 *        32  argument: root, other rank of a message, or step
 *        40  rank whose message it receives, or -1
 *        48  start, ns of CLOCK_MONOTONIC
 *        56  end, likewise; 0: still in it; negative: left with an error at that time
 * 65600  of rank p at 65,600 + p * 16:
 *         0  messages to it that have returned
 *         8  messages from it that have returned
 * </pre>
 *
 * A record's index is cleared before and set after its other fields; a reader that sees the same
 * index before and after it has read them has read one record.
 */
final class FlightRecorder {
  static final long MAGIC = 0x4d55535445525246L;
  static final long VERSION = 1;
  static final int RECORDS = 1024;
  static final long RECORD_BYTES = 64;
  static final long PEERS = 64 + RECORDS * RECORD_BYTES;
  static final long PEER_BYTES = 16;
  static final long RANK = 16;
  static final long WORLD_SIZE = 24;
  static final long PID = 40;
  static final long NEWEST = 48;
  static final long COLLECTIVE = 56;
  static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

  private final MemorySegment memory;
  private long index;
  private long messages;

  private FlightRecorder(MemorySegment memory) {
    this.memory = memory;
  }

  static FlightRecorder create(Groups.Spec spec, int rank, Arena arena) {
    var memory = SegmentFiles.mapRecorder(spec, rank, sizeBytes(spec.worldSize()), arena);
    memory.set(ValueLayout.JAVA_LONG, 8, VERSION);
    memory.set(ValueLayout.JAVA_LONG, RANK, rank);
    memory.set(ValueLayout.JAVA_LONG, WORLD_SIZE, spec.worldSize());
    memory.set(ValueLayout.JAVA_LONG, 32, spec.generation());
    memory.set(ValueLayout.JAVA_LONG, PID, ProcessHandle.current().pid());
    LONG.setRelease(memory, 0L, MAGIC);
    return new FlightRecorder(memory);
  }

  static long sizeBytes(int worldSize) {
    return PEERS + PEER_BYTES * worldSize;
  }

  static long at(long index) {
    return 64 + (index & (RECORDS - 1)) * RECORD_BYTES;
  }

  long nextMessage() {
    return ++messages;
  }

  /**
   * After its call has ended.
   *
   * @param to -1 for nobody
   * @param from -1 for nobody
   */
  void exchanged(int to, int from) {
    if (to >= 0) {
      count(PEERS + PEER_BYTES * to);
    }
    if (from >= 0) {
      count(PEERS + PEER_BYTES * from + 8);
    }
  }

  private void count(long at) {
    LONG.setRelease(memory, at, memory.get(ValueLayout.JAVA_LONG, at) + 1);
  }

  /**
   * @param from whose message it receives, or -1
   * @return the record, for {@link #ended}
   */
  long begin(long number, Call call, int from) {
    long at = at(++index);
    memory.set(ValueLayout.JAVA_LONG, at, 0L);
    VarHandle.storeStoreFence();
    memory.set(ValueLayout.JAVA_LONG, at + 8, number);
    memory.set(ValueLayout.JAVA_LONG, at + 16, call.packed());
    memory.set(ValueLayout.JAVA_LONG, at + 24, call.elements());
    memory.set(ValueLayout.JAVA_LONG, at + 32, call.argument());
    memory.set(ValueLayout.JAVA_LONG, at + 40, (long) from);
    memory.set(ValueLayout.JAVA_LONG, at + 48, System.nanoTime());
    memory.set(ValueLayout.JAVA_LONG, at + 56, 0L);
    LONG.setRelease(memory, at, index);
    if (call.kind() != Call.Kind.SEND && call.kind() != Call.Kind.RECEIVE) {
      LONG.setRelease(memory, COLLECTIVE, index);
    }
    LONG.setRelease(memory, NEWEST, index);
    return at;
  }

  /** Runs a call that has begun, and says how it ended. */
  void ended(long record, Runnable call) {
    boolean returned = false;
    try {
      call.run();
      returned = true;
    } finally {
      long nowNs = System.nanoTime();
      LONG.setRelease(memory, record + 56, returned ? nowNs : -nowNs);
    }
  }
}
