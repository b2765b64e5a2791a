package dev.muster.collectives.hosts;

import dev.muster.collectives.Call;
import dev.muster.collectives.Groups;
import dev.muster.collectives.flight.RecordedCall;
import dev.muster.collectives.flight.Sight;
import dev.muster.collectives.shared.FlightReaders;
import dev.muster.collectives.shared.FlightRecorder;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;

/**
 * What a leader tells other leaders of the flight recorders of its host, and the mirrors it keeps
 * of theirs: so whoever looks at one host sees where every rank of the group is.
 *
 * <pre>
 *   i64 now on the clock of the teller
 *   i32 ranks, then of each: i32 rank, newest call, newest collective,
 *       i32 peers, then of each: i32 peer, i64 messages to it, i64 messages from it
 *   call: i64 index (0: none, and nothing follows), i64 number, i64 packed kind, i64 elements, i64 argument,
 *       i32 from, i64 start, i64 end
 * </pre>
 *
 * Any thread.
 */
final class HostFlights implements AutoCloseable {
  private final Groups.Spec spec;
  private final Place place;
  private final Arena arena = Arena.ofShared();
  private final FlightReaders readers;
  private final FlightRecorder[] mirrors; // null of this host, and before they are heard
  private boolean closed;

  HostFlights(Groups.Spec spec, Place place) {
    this.spec = spec;
    this.place = place;
    this.readers = new FlightReaders(spec, arena);
    this.mirrors = new FlightRecorder[place.worldSize()];
  }

  // ---- telling

  synchronized void tell(DataOutputStream out) throws IOException {
    out.writeLong(System.nanoTime()); // before looking: what is told is at least as new
    var ranks = place.host(place.host()).ranks();
    out.writeInt(closed ? 0 : ranks.size());
    for (int rank : ranks) {
      if (!closed) {
        out.writeInt(rank);
        tell(readers.sight(rank).orElse(Sight.NOTHING), out);
      }
    }
  }

  private static void tell(Sight sight, DataOutputStream out) throws IOException {
    tell(sight.newest(), out);
    tell(sight.collective(), out);
    out.writeInt(sight.exchanged().size());
    for (var exchanged : sight.exchanged()) {
      out.writeInt(exchanged.peer());
      out.writeLong(exchanged.to());
      out.writeLong(exchanged.from());
    }
  }

  private static void tell(RecordedCall record, DataOutputStream out) throws IOException {
    out.writeLong(record == null ? 0 : record.index());
    if (record != null) {
      out.writeLong(record.number());
      out.writeLong(record.call().packed());
      out.writeLong(record.call().elements());
      out.writeLong(record.call().argument());
      out.writeInt(record.from());
      out.writeLong(record.startNs());
      out.writeLong(record.endNs());
    }
  }

  // ---- hearing

  void hear(DataInputStream in) throws IOException {
    long toldNs = in.readLong();
    long nowNs = System.nanoTime();
    for (int left = in.readInt(); left > 0; left--) {
      int rank = in.readInt();
      keep(rank, sight(in).shifted(nowNs - toldNs), nowNs);
    }
  }

  private synchronized void keep(int rank, Sight sight, long seenNs) {
    if (closed || place.here(rank)) {
      return;
    }
    if (mirrors[rank] == null) {
      mirrors[rank] = FlightRecorder.mirror(spec, rank, arena);
    }
    mirrors[rank].copy(sight, seenNs);
  }

  private Sight sight(DataInputStream in) throws IOException {
    var newest = record(in);
    var collective = record(in);
    var exchanged = new ArrayList<Sight.Exchanged>();
    for (int left = in.readInt(); left > 0; left--) {
      int peer = in.readInt();
      exchanged.add(
          new Sight.Exchanged(
              Math.floorMod(peer, place.worldSize()), in.readLong(), in.readLong()));
    }
    return new Sight(newest, collective, exchanged);
  }

  private static RecordedCall record(DataInputStream in) throws IOException {
    long index = in.readLong();
    if (index == 0) {
      return null;
    }
    long number = in.readLong();
    var call = Call.unpack(in.readLong(), in.readLong(), in.readLong());
    return new RecordedCall(index, number, call, in.readInt(), in.readLong(), in.readLong());
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      arena.close();
    }
  }
}
