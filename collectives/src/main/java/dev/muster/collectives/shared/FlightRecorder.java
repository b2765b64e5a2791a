package dev.muster.collectives.shared;

import dev.muster.collectives.Call;
import dev.muster.collectives.Groups;
import dev.muster.collectives.flight.RecordedCall;
import dev.muster.collectives.flight.Sight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The last 1,024 calls of one rank, in a mapped file {@code <group>-g<generation>-r<rank>.rec} that
 * outlives its process; or a mirror of the newest ones of a rank of another host. One writer at a
 * time; {@link FlightReaders} read from anywhere.
 *
 * <p>Native byte order (little-endian on the hosts we run on), all fields i64:
 *
 * <pre>
 *    0  0x4d55535445525246 once the file may be read; written last
 *    8  version, 2
 *   16  rank
 *   24  world size
 *   32  generation
 *   40  pid; 0 of a mirror
 *   48  index of the newest call, 0 before the first
 *   56  index of the newest collective
 *   64  of a mirror: when the rank was last heard of, ns of this host's CLOCK_MONOTONIC
 *  128  record of call i at 128 + (i % 1,024) * 64:
 *         0  index of the call, from 1; 0 while the record is being written
 *         8  number: of a collective within its group, of a message within its rank
 *        16  kind, type and operation as Call packs them
 *        24  elements
 *        32  argument: root, other rank of a message, or step
 *        40  rank whose message it receives, or -1
 *        48  start, ns of CLOCK_MONOTONIC
 *        56  end, likewise; 0: still in it; negative: left with an error at that time
 * 65664  of rank p at 65,664 + p * 16:
 *         0  messages to it that have returned
 *         8  messages from it that have returned
 * </pre>
 *
 * A record's index is cleared before and set after its other fields; a reader that sees the same
 * index before and after it has read them has read one record.
 */
public final class FlightRecorder {
  static final long MAGIC = 0x4d55535445525246L;
  static final long VERSION = 2;
  static final int RECORDS = 1024;
  static final long RECORD_BYTES = 64;
  static final long HEADER_BYTES = 128;
  static final long PEERS = HEADER_BYTES + RECORDS * RECORD_BYTES;
  static final long PEER_BYTES = 16;
  static final long RANK = 16;
  static final long WORLD_SIZE = 24;
  static final long PID = 40;
  static final long NEWEST = 48;
  static final long COLLECTIVE = 56;
  static final long SEEN = 64;
  static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

  private final MemorySegment memory;
  private long index;
  private long messages;

  private FlightRecorder(MemorySegment memory) {
    this.memory = memory;
  }

  /** Of a rank of this process. */
  public static FlightRecorder create(Groups.Spec spec, int rank, Arena arena) {
    var recorder = describe(spec, rank, ProcessHandle.current().pid(), arena);
    LONG.setRelease(recorder.memory, 0L, MAGIC);
    return recorder;
  }

  /** Of a rank of another host: nobody can read it before the first {@link #copy}. */
  public static FlightRecorder mirror(Groups.Spec spec, int rank, Arena arena) {
    return describe(spec, rank, 0, arena);
  }

  private static FlightRecorder describe(Groups.Spec spec, int rank, long pid, Arena arena) {
    var memory = SegmentFiles.mapRecorder(spec, rank, sizeBytes(spec.worldSize()), arena);
    memory.set(ValueLayout.JAVA_LONG, 8, VERSION);
    memory.set(ValueLayout.JAVA_LONG, RANK, rank);
    memory.set(ValueLayout.JAVA_LONG, WORLD_SIZE, spec.worldSize());
    memory.set(ValueLayout.JAVA_LONG, 32, spec.generation());
    memory.set(ValueLayout.JAVA_LONG, PID, pid);
    return new FlightRecorder(memory);
  }

  /** Of a rank whose calls are only parts of another group's: without a file, for nobody. */
  static FlightRecorder unread(Groups.Spec spec, Arena arena) {
    return new FlightRecorder(arena.allocate(sizeBytes(spec.worldSize()), 64));
  }

  static long sizeBytes(int worldSize) {
    return PEERS + PEER_BYTES * worldSize;
  }

  static long at(long index) {
    return HEADER_BYTES + (index & (RECORDS - 1)) * RECORD_BYTES;
  }

  public long nextMessage() {
    return ++messages;
  }

  /**
   * After its call has ended.
   *
   * @param to -1 for nobody
   * @param from -1 for nobody
   */
  public void exchanged(int to, int from) {
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
  public long begin(long number, Call call, int from) {
    write(new RecordedCall(++index, number, call, from, System.nanoTime(), 0));
    if (call.kind() != Call.Kind.SEND && call.kind() != Call.Kind.RECEIVE) {
      LONG.setRelease(memory, COLLECTIVE, index);
    }
    LONG.setRelease(memory, NEWEST, index);
    return at(index);
  }

  private void write(RecordedCall record) {
    long at = at(record.index());
    memory.set(ValueLayout.JAVA_LONG, at, 0L);
    VarHandle.storeStoreFence();
    memory.set(ValueLayout.JAVA_LONG, at + 8, record.number());
    memory.set(ValueLayout.JAVA_LONG, at + 16, record.call().packed());
    memory.set(ValueLayout.JAVA_LONG, at + 24, record.call().elements());
    memory.set(ValueLayout.JAVA_LONG, at + 32, record.call().argument());
    memory.set(ValueLayout.JAVA_LONG, at + 40, (long) record.from());
    memory.set(ValueLayout.JAVA_LONG, at + 48, record.startNs());
    memory.set(ValueLayout.JAVA_LONG, at + 56, record.endNs());
    LONG.setRelease(memory, at, record.index());
  }

  /**
   * Into a mirror: what the rank's own recorder has told.
   *
   * @param sight times on this host's clock
   * @param seenNs when it was so, on this host's clock
   */
  public void copy(Sight sight, long seenNs) {
    if (sight.collective() != null) {
      write(sight.collective());
      LONG.setRelease(memory, COLLECTIVE, sight.collective().index());
    }
    if (sight.newest() != null) {
      write(sight.newest());
      LONG.setRelease(memory, NEWEST, sight.newest().index());
    }
    for (var exchanged : sight.exchanged()) {
      long at = PEERS + PEER_BYTES * exchanged.peer();
      LONG.setRelease(memory, at, exchanged.to());
      LONG.setRelease(memory, at + 8, exchanged.from());
    }
    LONG.setRelease(memory, SEEN, seenNs);
    LONG.setRelease(memory, 0L, MAGIC);
  }

  /** Runs a call that has begun, and says how it ended. */
  public void ended(long record, Runnable call) {
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
