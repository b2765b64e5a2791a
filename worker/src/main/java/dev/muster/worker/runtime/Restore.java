package dev.muster.worker.runtime;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.protocol.local.ToWorker;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;

/**
 * Brings every rank of a new group to its start step. The source broadcasts its state in chunks;
 * ranks that need it write them over their own, all others take part with a scratch buffer. A
 * CRC32C over all bytes closes the transfer.
 *
 * <p>Cut short, a rank that needed the state holds none: it says so before its first byte is
 * overwritten, until the checksum has been compared.
 */
final class Restore {
  static final long CHUNK_BYTES = 1 << 20;
  private static final long HEADER_BYTES = 3 * 8;

  private final ToWorker.Form form;
  private final Communicator communicator;
  private final Replica replica;
  private final SavedStates saved;
  private final boolean needed;

  Restore(ToWorker.Form form, Communicator communicator, Replica replica, SavedStates saved) {
    this.form = form;
    this.communicator = communicator;
    this.replica = replica;
    this.saved = saved;
    this.needed = form.needState().contains(form.rank());
  }

  void run() throws Exception {
    if (form.restoreFrom() != null) {
      read();
    } else if (form.sourceRank() < 0) {
      fresh();
    }
    if (form.sourceRank() >= 0 && !form.needState().isEmpty()) {
      transfer();
    }
    if (replica.appliedStep() != form.startStep()) {
      throw new IllegalStateException(
          "this worker does not hold the state its group starts from: expectedStep="
              + form.startStep()
              + " actualStep="
              + replica.appliedStep()
              + " form="
              + form);
    }
  }

  /**
   * A start from scratch also makes workers that have trained before start again, so that all hold
   * the same bits.
   */
  private void fresh() throws Exception {
    if (form.startStep() == 0 && replica.appliedStep() != 0) {
      replica.rebuild();
    }
  }

  /** With a source it alone reads, otherwise each for itself. */
  private void read() throws UnreadableStateException {
    if (needed && (source() || form.sourceRank() < 0)) {
      replica.holds(Replica.NO_STATE);
      saved.load(form, replica.trainer().state());
      replica.holds(form.startStep());
    }
  }

  private void transfer() {
    var state = new StateBytes(replica.trainer().state());
    try (var arena = Arena.ofConfined()) {
      var header = arena.allocate(HEADER_BYTES, 64);
      long bytes = header(header, state);
      if (takes()) {
        replica.holds(Replica.NO_STATE);
      }
      long actual = chunks(state, bytes, arena.allocate(Math.clamp(bytes, 1, CHUNK_BYTES), 64));
      long expected = checksum(header, actual);
      if (takes() && expected != actual) {
        throw new IllegalStateException(
            "the state was damaged on its way: expectedCrc32c="
                + Long.toHexString(expected)
                + " actualCrc32c="
                + Long.toHexString(actual)
                + " form="
                + form);
      }
    }
    if (takes()) {
      replica.holds(form.startStep());
    }
  }

  /** Agrees on size and layout before anything is overwritten; returns the bytes of the state. */
  private long header(MemorySegment header, StateBytes state) {
    if (source()) {
      header.set(JAVA_LONG_UNALIGNED, 0, replica.appliedStep());
      header.set(JAVA_LONG_UNALIGNED, 8, state.size());
      header.set(JAVA_LONG_UNALIGNED, 16, state.layout());
    }
    broadcast(header);
    require("step", header.get(JAVA_LONG_UNALIGNED, 0), form.startStep());
    require("stateBytes", header.get(JAVA_LONG_UNALIGNED, 8), state.size());
    require("stateLayout", header.get(JAVA_LONG_UNALIGNED, 16), state.layout());
    return state.size();
  }

  private void require(String what, long ofSource, long ownValue) {
    if (ofSource != ownValue) {
      throw new IllegalStateException(
          "the source's state does not fit: "
              + what
              + " source="
              + ofSource
              + " here="
              + ownValue
              + " form="
              + form
              + "; every worker must build the same trainer");
    }
  }

  /** Returns the checksum of what went through this rank; 0 on ranks that only stand by. */
  private long chunks(StateBytes state, long bytes, MemorySegment staging) {
    var crc = new CRC32C();
    for (long at = 0; at < bytes; at += staging.byteSize()) {
      MemorySegment chunk = staging.asSlice(0, Math.min(staging.byteSize(), bytes - at));
      if (source()) {
        state.readInto(chunk);
      }
      broadcast(chunk);
      if (source() || takes()) {
        crc.update(chunk.asByteBuffer());
      }
      if (takes()) {
        state.writeFrom(chunk);
      }
    }
    return crc.getValue();
  }

  private long checksum(MemorySegment scratch, long actual) {
    MemorySegment sum = scratch.asSlice(0, 8);
    if (source()) {
      sum.set(JAVA_LONG_UNALIGNED, 0, actual);
    }
    broadcast(sum);
    return sum.get(JAVA_LONG_UNALIGNED, 0);
  }

  private void broadcast(MemorySegment memory) {
    communicator.broadcast(new Buffer(memory, DType.UINT8), form.sourceRank());
  }

  /** A source that had to read the state has it by now. */
  private boolean takes() {
    return needed && !source();
  }

  private boolean source() {
    return form.rank() == form.sourceRank();
  }
}
