package dev.muster.collectives.shared;

import dev.muster.collectives.Call;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import dev.muster.collectives.SharedCounter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The mapped control file of one group: its decision, why it was revoked, and per rank how far it
 * is. Every process that opens it gives it the same size; all-zero bytes are its valid initial
 * state, so there is no creator. Any thread.
 *
 * <p>Little-endian on the hosts we run on (native order); fields of different writers lie 128 bytes
 * apart, two cache lines, because the prefetcher fetches pairs.
 *
 * <pre>
 *    0  i64  decision: bit 0 revoked, bits 1-63 committed step minus start step; only ever compare-and-set
 *  128  i64  reason: 0 none, 1 being written, 2 written
 *  136  i64  length of the reason in bytes
 *  144  u8[] reason, UTF-8, at most 1,024 bytes
 * 2048  i64  parts of a step that ranks have taken, see {@link SharedCounter}; only ever compare-and-set
 * 4096  rank 0, then 512 bytes per rank:
 *         0  i64  synchronisation points this rank has arrived at
 *       128  i64  pid of the process that claimed the rank, 0 if none
 *       136  i64  world size, start step, size of the data region in bytes: what the rank believes
 *       256  call of even number: number, packed kind, elements, argument, offset of the data in the region or -1,
 *            its address in the process
 *       384  call of odd number
 * </pre>
 *
 * A rank writes its call, then its arrival with release; a peer that has read the arrival with
 * acquire reads the call. Two calls alternate: a rank can be at most one call ahead of the slowest
 * one, because every call starts by meeting.
 */
final class ControlFile {
  static final int MAX_RANKS = 1024;
  static final long SIZE_BYTES = 4096 + MAX_RANKS * 512L;

  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
  private static final long DECISION = 0;
  private static final long REASON = 128;
  private static final int REASON_BYTES_MAX = 1024;
  private static final long COUNTER = 2048;
  private static final long RANKS = 4096;
  private static final long RANK_BYTES = 512;
  private static final long CLAIM = 128;
  private static final long BELIEF = 136;
  private static final long CALLS = 256;
  private static final long CALL_BYTES = 128;

  private final MemorySegment memory;
  private final Groups.Spec spec;

  private ControlFile(MemorySegment memory, Groups.Spec spec) {
    this.memory = memory;
    this.spec = spec;
  }

  static ControlFile open(Groups.Spec spec, Arena arena) {
    return new ControlFile(SegmentFiles.mapControl(spec, arena), spec);
  }

  // ---- decision

  long decision() {
    return (long) LONG.getAcquire(memory, DECISION);
  }

  boolean revoked() {
    return isRevoked(decision());
  }

  static boolean isRevoked(long decision) {
    return (decision & 1) != 0;
  }

  long committedStep(long decision) {
    return spec.startStep() + (decision >>> 1);
  }

  long committedStep() {
    return committedStep(decision());
  }

  /**
   * Commits {@code step} if the decision is still the given, not revoked one; false: look again.
   */
  boolean tryCommit(long decision, long step) {
    return LONG.compareAndSet(memory, DECISION, decision, (step - spec.startStep()) << 1);
  }

  /**
   * Commit and revoke change one word, so one of them is first, and every rank reads the same
   * order.
   */
  long revoke(String reason) {
    if (!revoked()) {
      recordReason(reason);
    }
    long decision = decision();
    while (!isRevoked(decision) && !LONG.compareAndSet(memory, DECISION, decision, decision | 1)) {
      decision = decision();
    }
    return committedStep(decision);
  }

  // ---- counter

  SharedCounter counter() {
    return new SharedCounter(
        new SharedCounter.Word() {
          @Override
          public long get() {
            return (long) LONG.getAcquire(memory, COUNTER);
          }

          @Override
          public boolean compareAndSet(long expected, long next) {
            return LONG.compareAndSet(memory, COUNTER, expected, next);
          }
        },
        spec.startStep());
  }

  // ---- reason

  private void recordReason(String reason) {
    if (!LONG.compareAndSet(memory, REASON, 0L, 1L)) {
      awaitReason(); // the first one's text goes with the revoke, unless its process dies right
      // here
      return;
    }
    byte[] text = reason.getBytes(StandardCharsets.UTF_8);
    byte[] kept = Arrays.copyOf(text, Math.min(text.length, REASON_BYTES_MAX));
    MemorySegment.copy(kept, 0, memory, ValueLayout.JAVA_BYTE, REASON + 16, kept.length);
    memory.set(ValueLayout.JAVA_LONG, REASON + 8, kept.length);
    LONG.setRelease(memory, REASON, 2L);
  }

  private boolean awaitReason() {
    for (int i = 0; i < 1_000; i++) {
      if ((long) LONG.getAcquire(memory, REASON) == 2) {
        return true;
      }
      Thread.yield();
    }
    return false;
  }

  GroupRevokedException revokedException() {
    return new GroupRevokedException(spec.group(), spec.generation(), reason());
  }

  private String reason() {
    if (!awaitReason()) {
      return "unknown, its writer died";
    }
    int length = (int) memory.get(ValueLayout.JAVA_LONG, REASON + 8);
    // toArray would load the heap segments' classes, and HotSpot throw away what it compiled for
    // memory segments: in the middle of a recovery
    byte[] text = new byte[length];
    memory.asSlice(REASON + 16, length).asByteBuffer().get(text);
    return new String(text, StandardCharsets.UTF_8);
  }

  // ---- ranks

  private static long rank(int rank) {
    return RANKS + rank * RANK_BYTES;
  }

  long arrivals(int rank) {
    return (long) LONG.getAcquire(memory, rank(rank));
  }

  void arrive(int rank, long count) {
    LONG.setRelease(memory, rank(rank), count);
  }

  /**
   * Takes the rank for this process; a rank is taken once per generation, also after it has left.
   */
  void claim(int rank) {
    long pid = ProcessHandle.current().pid();
    long holder = (long) LONG.compareAndExchange(memory, rank(rank) + CLAIM, 0L, pid);
    if (holder != 0) {
      throw new IllegalStateException(
          "rank has joined already: group="
              + spec.group()
              + " generation="
              + spec.generation()
              + " rank="
              + rank
              + " pid="
              + holder
              + "; join the next generation instead");
    }
  }

  void believe(int rank, long regionBytes) {
    memory.set(ValueLayout.JAVA_LONG, rank(rank) + BELIEF, spec.worldSize());
    memory.set(ValueLayout.JAVA_LONG, rank(rank) + BELIEF + 8, spec.startStep());
    memory.set(ValueLayout.JAVA_LONG, rank(rank) + BELIEF + 16, regionBytes);
  }

  long regionBytes(int rank) {
    return memory.get(ValueLayout.JAVA_LONG, rank(rank) + BELIEF + 16);
  }

  /** The ranks must have been given the same world and the same start. */
  void checkBelief(int rank) {
    long worldSize = memory.get(ValueLayout.JAVA_LONG, rank(rank) + BELIEF);
    long startStep = memory.get(ValueLayout.JAVA_LONG, rank(rank) + BELIEF + 8);
    if (worldSize != spec.worldSize() || startStep != spec.startStep()) {
      throw new IllegalStateException(
          "ranks joined different groups of one name: group="
              + spec.group()
              + " generation="
              + spec.generation()
              + " worldSize="
              + spec.worldSize()
              + " startStep="
              + spec.startStep()
              + "; rank "
              + rank
              + ": worldSize="
              + worldSize
              + " startStep="
              + startStep);
    }
  }

  // ---- calls

  private static long call(int rank, long number) {
    return rank(rank) + CALLS + (number & 1) * CALL_BYTES;
  }

  void publish(int rank, long number, Call call, long offset, long address) {
    long at = call(rank, number);
    memory.set(ValueLayout.JAVA_LONG, at, number);
    memory.set(ValueLayout.JAVA_LONG, at + 8, call.packed());
    memory.set(ValueLayout.JAVA_LONG, at + 16, call.elements());
    memory.set(ValueLayout.JAVA_LONG, at + 24, call.argument());
    memory.set(ValueLayout.JAVA_LONG, at + 32, offset);
    memory.set(ValueLayout.JAVA_LONG, at + 40, address);
  }

  boolean sameCall(int rank, int other, long number) {
    return MemorySegment.mismatch(
            memory,
            call(rank, number),
            call(rank, number) + 32,
            memory,
            call(other, number),
            call(other, number) + 32)
        < 0;
  }

  Call publishedCall(int rank, long number) {
    long at = call(rank, number);
    return Call.unpack(
        memory.get(ValueLayout.JAVA_LONG, at + 8),
        memory.get(ValueLayout.JAVA_LONG, at + 16),
        memory.get(ValueLayout.JAVA_LONG, at + 24));
  }

  long publishedOffset(int rank, long number) {
    return memory.get(ValueLayout.JAVA_LONG, call(rank, number) + 32);
  }

  long publishedAddress(int rank, long number) {
    return memory.get(ValueLayout.JAVA_LONG, call(rank, number) + 40);
  }
}
