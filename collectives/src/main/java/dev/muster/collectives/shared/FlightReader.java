package dev.muster.collectives.shared;

import static dev.muster.collectives.shared.FlightRecorder.LONG;

import dev.muster.collectives.Call;
import dev.muster.collectives.flight.RecordedCall;
import dev.muster.collectives.flight.Recording;
import dev.muster.collectives.flight.Sight;
import dev.muster.collectives.flight.Standing;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Decodes the file of a {@link FlightRecorder}, also while its rank writes. Any thread. */
final class FlightReader {
  private static final int TRIES = 8; // a writer overtakes a reader that was put to sleep

  private final MemorySegment memory;

  private FlightReader(MemorySegment memory) {
    this.memory = memory;
  }

  /** Null where there is no recorder, or none that this build can read. */
  static FlightReader open(Path path, Arena arena) {
    var memory = SegmentFiles.mapRecorded(path, FlightRecorder.sizeBytes(1), arena);
    boolean readable =
        memory != null
            && (long) LONG.getAcquire(memory, 0L) == FlightRecorder.MAGIC
            && memory.get(ValueLayout.JAVA_LONG, 8) == FlightRecorder.VERSION
            && memory.byteSize() >= FlightRecorder.sizeBytes(worldSize(memory));
    return readable ? new FlightReader(memory) : null;
  }

  /** Of the group that the recorder belongs to; 0 where there is none. */
  static int worldSize(Path path) {
    try (var arena = Arena.ofConfined()) {
      var reader = open(path, arena);
      return reader == null ? 0 : worldSize(reader.memory);
    }
  }

  private static int worldSize(MemorySegment memory) {
    return (int) memory.get(ValueLayout.JAVA_LONG, FlightRecorder.WORLD_SIZE);
  }

  private int rank() {
    return (int) memory.get(ValueLayout.JAVA_LONG, FlightRecorder.RANK);
  }

  /**
   * @param all readers by rank, null where there is none
   */
  Standing standing(FlightReader[] all) {
    long seenNs = mirror() ? (long) LONG.getAcquire(memory, FlightRecorder.SEEN) : Standing.NOW;
    var newest = newest(FlightRecorder.NEWEST);
    var unanswered =
        newest != null && newest.message() && newest.unfinished()
            ? unanswered(newest, all)
            : List.<Integer>of();
    return new Standing(
        rank(), true, newest, newest(FlightRecorder.COLLECTIVE), unanswered, seenNs);
  }

  /** Whether its rank is on another host. */
  boolean mirror() {
    return pid() == 0;
  }

  private long pid() {
    return memory.get(ValueLayout.JAVA_LONG, FlightRecorder.PID);
  }

  Sight sight() {
    var newest = newest(FlightRecorder.NEWEST);
    var exchanged = new ArrayList<Sight.Exchanged>();
    for (int peer = 0; peer < worldSize(memory); peer++) {
      long at = FlightRecorder.PEERS + FlightRecorder.PEER_BYTES * peer;
      if (word(at) != 0 || word(at + 8) != 0) {
        exchanged.add(new Sight.Exchanged(peer, word(at), word(at + 8)));
      }
    }
    return new Sight(newest, newest(FlightRecorder.COLLECTIVE), exchanged);
  }

  private List<Integer> unanswered(RecordedCall message, FlightReader[] all) {
    var missing = new TreeSet<Integer>();
    int peer = (int) message.call().argument();
    if (message.call().kind() == Call.Kind.SEND && !answered(peer, all, 0)) {
      missing.add(peer);
    }
    if (message.from() >= 0 && !answered(message.from(), all, 8)) {
      missing.add(message.from());
    }
    return List.copyOf(missing);
  }

  /** Whether the peer has done its part of the message that this rank is in. */
  private boolean answered(int peer, FlightReader[] all, long direction) {
    if (peer >= all.length || all[peer] == null) {
      return false;
    }
    long own = word(FlightRecorder.PEERS + FlightRecorder.PEER_BYTES * peer + direction);
    long theirs = FlightRecorder.PEERS + FlightRecorder.PEER_BYTES * rank() + (8 - direction);
    return all[peer].word(theirs) > own;
  }

  /**
   * @param last at most so many calls
   */
  Recording recording(int last) {
    long newest = (long) LONG.getAcquire(memory, FlightRecorder.NEWEST);
    var calls = new ArrayList<RecordedCall>();
    for (long i = Math.max(1, newest - Math.min(last, FlightRecorder.RECORDS) + 1);
        i <= newest;
        i++) {
      var call = read(i);
      if (call != null) {
        calls.add(call);
      }
    }
    return new Recording(rank(), pid(), calls);
  }

  private RecordedCall newest(long pointer) {
    for (int i = 0; i < TRIES; i++) {
      long index = (long) LONG.getAcquire(memory, pointer);
      var call = index == 0 ? null : read(index);
      if (index == 0 || call != null) {
        return call;
      }
    }
    return null;
  }

  /** Null when it is overwritten already. */
  private RecordedCall read(long index) {
    long at = FlightRecorder.at(index);
    if ((long) LONG.getAcquire(memory, at) != index) {
      return null;
    }
    long number = word(at + 8);
    long packed = word(at + 16);
    long elements = word(at + 24);
    long argument = word(at + 32);
    int from = (int) word(at + 40);
    long startNs = word(at + 48);
    long endNs = word(at + 56);
    VarHandle.loadLoadFence();
    return word(at) == index
        ? new RecordedCall(
            index, number, Call.unpack(packed, elements, argument), from, startNs, endNs)
        : null;
  }

  private long word(long at) {
    return memory.get(ValueLayout.JAVA_LONG, at);
  }
}
