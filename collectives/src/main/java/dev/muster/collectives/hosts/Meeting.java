package dev.muster.collectives.hosts;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.muster.collectives.Call;
import dev.muster.collectives.CollectiveMismatchException;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import dev.muster.collectives.Operation;
import dev.muster.collectives.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * How every collective begins: all ranks tell each other what they call, and what is small travels
 * along. Ranks of a host gather, leaders tell all other leaders, ranks hear from their leader: one
 * trip between hosts. One thread.
 *
 * <pre>
 *   call      i64 number, i64 packed kind, i64 elements, i64 argument
 *   leader    i64 calls (1 if equal on all its ranks, else one each), i64 small bytes of each rank, then both
 *   verdict   i64 1 if all calls are equal, else 0, and then all calls follow
 * </pre>
 */
final class Meeting {
  private static final int CALL_BYTES = 32;
  private static final int PREFIX_BYTES = 16;
  private static final int VERDICT_BYTES = 8;

  private final Groups.Spec spec;
  private final Place place;
  private final Communicator local;
  private final Links links;
  private final MemorySegment own;
  private final MemorySegment calls;
  private final MemorySegment[] prefixes;
  private final Scratch message;
  private final Scratch small;
  private final Scratch verdict;
  private final Scratch[] heard;
  private long number = -1; // the first meeting is that of joining

  Meeting(Groups.Spec spec, Place place, Communicator local, Links links, Arena arena) {
    this.spec = spec;
    this.place = place;
    this.local = local;
    this.links = links;
    this.own = arena.allocate(CALL_BYTES, 64);
    this.calls = arena.allocate((long) CALL_BYTES * place.localSize(), 64);
    this.prefixes = new MemorySegment[place.hosts()];
    this.heard = new Scratch[place.hosts()];
    for (int host = 0; host < heard.length; host++) {
      prefixes[host] = arena.allocate(PREFIX_BYTES, 64);
      heard[host] = new Scratch(arena);
    }
    this.message = new Scratch(arena);
    this.small = new Scratch(arena);
    this.verdict = new Scratch(arena);
  }

  /** Of the next meeting. */
  long nextNumber() {
    return number + 1;
  }

  /**
   * @param input what this rank gives along, at most {@code bytes}; null for nothing
   * @param bytes of each rank; equal on all ranks if their calls are
   * @return what all ranks have given, {@code bytes} each, by rank; valid until the next meeting
   * @throws CollectiveMismatchException on every rank, if two call different things
   */
  MemorySegment meet(Call call, MemorySegment input, long bytes) {
    number++;
    gatherCalls(call);
    boolean same = sameHere();
    long each = same ? bytes : 0;
    var given = each > 0 ? gatherSmall(input, each) : MemorySegment.NULL;
    var all = verdict.of(VERDICT_BYTES + (same ? each * place.worldSize() : 0));
    if (place.leads()) {
      decide(all, same ? 1 : place.localSize(), given, each);
    }
    run(new Operation.Broadcast(Scratch.bytes(all), 0));
    if (all.get(JAVA_LONG, 0) == 0) {
      throw mismatch();
    }
    return all.asSlice(VERDICT_BYTES);
  }

  private void run(Operation operation) {
    local.run(operation, Stream.NONE).await();
  }

  private void gatherCalls(Call call) {
    own.set(JAVA_LONG, 0, number);
    own.set(JAVA_LONG, 8, call.packed());
    own.set(JAVA_LONG, 16, call.elements());
    own.set(JAVA_LONG, 24, call.argument());
    run(new Operation.AllGather(Scratch.bytes(own), Scratch.bytes(calls)));
  }

  private boolean sameHere() {
    for (int rank = 1; rank < place.localSize(); rank++) {
      if (!same(calls, rank * CALL_BYTES, calls, 0)) {
        return false;
      }
    }
    return true;
  }

  private static boolean same(MemorySegment a, long atA, MemorySegment b, long atB) {
    return MemorySegment.mismatch(a, atA, atA + CALL_BYTES, b, atB, atB + CALL_BYTES) < 0;
  }

  private MemorySegment gatherSmall(MemorySegment input, long each) {
    var both = small.of(each * (place.localSize() + 1));
    var mine = both.asSlice(0, each);
    if (input != null) {
      MemorySegment.copy(input, 0, mine, 0, input.byteSize());
    }
    var given = both.asSlice(each);
    run(new Operation.AllGather(Scratch.bytes(mine), Scratch.bytes(given)));
    return given;
  }

  // ---- leaders

  private void decide(MemorySegment all, int count, MemorySegment given, long each) {
    var sent = tell(count, given, each);
    for (int host = 0; host < place.hosts(); host++) {
      if (host != place.host()) {
        links.await(links.receive(place.leader(host), prefixes[host]));
        links.await(links.receive(place.leader(host), heard[host].of(rest(host))));
      }
    }
    links.await(sent); // after the answers: two leaders that only send would wait for ever
    all.set(JAVA_LONG, 0, sameEverywhere() ? 1 : 0);
    if (all.get(JAVA_LONG, 0) == 1 && each > 0) {
      for (int rank = 0; rank < place.worldSize(); rank++) {
        var from =
            place.here(rank) ? given : heard[place.hostOf(rank)].of(rest(place.hostOf(rank)));
        long at = (place.here(rank) ? 0 : CALL_BYTES) + place.local(rank) * each;
        MemorySegment.copy(from, at, all, VERDICT_BYTES + rank * each, each);
      }
    }
  }

  private List<Links.Transfer> tell(int count, MemorySegment given, long each) {
    long callBytes = (long) count * CALL_BYTES;
    var out = message.of(PREFIX_BYTES + callBytes + given.byteSize());
    out.set(JAVA_LONG, 0, count);
    out.set(JAVA_LONG, 8, each);
    MemorySegment.copy(calls, 0, out, PREFIX_BYTES, callBytes);
    MemorySegment.copy(given, 0, out, PREFIX_BYTES + callBytes, given.byteSize());
    var sent = new ArrayList<Links.Transfer>();
    for (int host = 0; host < place.hosts(); host++) {
      if (host != place.host()) {
        sent.add(links.send(place.leader(host), out));
      }
    }
    return sent;
  }

  private long rest(int host) {
    long count = prefixes[host].get(JAVA_LONG, 0);
    return count * CALL_BYTES + prefixes[host].get(JAVA_LONG, 8) * place.localSize(host);
  }

  private boolean sameEverywhere() {
    for (int rank = 1; rank < place.worldSize(); rank++) {
      if (!same(callsOf(0), callAt(0), callsOf(rank), callAt(rank))) {
        return false;
      }
    }
    return true;
  }

  private MemorySegment callsOf(int rank) {
    int host = place.hostOf(rank);
    return place.here(rank) ? calls : heard[host].of(rest(host));
  }

  private long callAt(int rank) {
    boolean one = !place.here(rank) && prefixes[place.hostOf(rank)].get(JAVA_LONG, 0) == 1;
    return one ? 0 : (long) place.local(rank) * CALL_BYTES;
  }

  // ---- calls that differ

  /** The group is revoked only after everybody knows why: the others could not read it any more. */
  private CollectiveMismatchException mismatch() {
    var all = verdict.of((long) CALL_BYTES * place.worldSize());
    for (int rank = 0; place.leads() && rank < place.worldSize(); rank++) {
      var from = callsOf(rank);
      MemorySegment.copy(from, callAt(rank), all, (long) rank * CALL_BYTES, CALL_BYTES);
    }
    run(new Operation.Broadcast(Scratch.bytes(all), 0));
    var byRank = new ArrayList<Call>();
    for (int rank = 0; rank < place.worldSize(); rank++) {
      byRank.add(call(all, (long) rank * CALL_BYTES));
    }
    quietly(() -> run(new Operation.Barrier()));
    if (place.leads()) {
      quietly(this::leadersMeet);
    }
    quietly(() -> run(new Operation.Barrier()));
    return Call.mismatch(spec, number, byRank);
  }

  private static Call call(MemorySegment from, long at) {
    return Call.unpack(
        from.get(JAVA_LONG, at + 8), from.get(JAVA_LONG, at + 16), from.get(JAVA_LONG, at + 24));
  }

  private void leadersMeet() {
    var one = message.of(1);
    for (int host = 0; host < place.hosts(); host++) {
      if (host != place.host()) {
        links.send(place.leader(host), one);
      }
    }
    for (int host = 0; host < place.hosts(); host++) {
      if (host != place.host()) {
        links.await(links.receive(place.leader(host), prefixes[host].asSlice(0, 1)));
      }
    }
  }

  private static void quietly(Runnable last) {
    try {
      last.run();
    } catch (GroupRevokedException | Links.LinkLost e) {
      // somebody else was faster: it is over in any case
    }
  }
}
