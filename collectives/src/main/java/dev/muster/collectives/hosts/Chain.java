package dev.muster.collectives.hosts;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.collectives.Operation;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Slices;
import dev.muster.collectives.Stream;
import dev.muster.collectives.reduce.Partial;
import dev.muster.collectives.reduce.Reduction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Large reductions, folded along the hosts: the first one folds the inputs of its ranks, the next
 * goes on with its own, and so on; the last one has the result. So the order is that of the hosts,
 * and of the ranks in each, whatever the number of hosts: the bits are those of one host where each
 * host holds neighbouring ranks.
 *
 * <p>Works chunk by chunk. A chunk is dealt to the lanes: rank i of every host, as many as the
 * smallest host has; within a host each lane first collects its piece from all ranks. While a chunk
 * travels up, results of earlier ones travel down: each direction of a connection carries every
 * element once.
 */
final class Chain {
  private static final long CHUNK_BYTES_MIN = 1 << 20;
  private static final long CHUNK_BYTES_MAX = 8 << 20;
  private static final int CHUNKS = 4;
  private static final int AHEAD = 2;
  private static final int SLOTS = AHEAD + 1;

  /** Where results go. */
  interface Results {
    /** Every rank of this chain's host order gets all. */
    boolean toAll();

    /** Elements of a rank, when not all get all. */
    Slices of(int rank);
  }

  private final Place place;
  private final Communicator local;
  private final Links links;
  private final Arena arena;
  private final Buffer input;
  private final Buffer output;
  private final Results results;
  private final DType dtype;
  private final int width;
  private final DType wide;
  private final Partial partial;
  private final int lanes;
  private final long chunk;
  private final boolean direct; // the last host folds into its output
  private final MemorySegment collected;
  private final MemorySegment[] before = new MemorySegment[SLOTS];
  private final MemorySegment[] folded = new MemorySegment[SLOTS];
  private final MemorySegment[] finished = new MemorySegment[SLOTS];
  private final Links.Transfer[] up = new Links.Transfer[SLOTS];
  private final Outgoing down = new Outgoing();

  /** Transfers that must end before the call does, or before their memory is used again. */
  private final class Outgoing {
    private final List<List<Links.Transfer>> bySlot = new ArrayList<>();

    private Outgoing() {
      for (int slot = 0; slot < SLOTS; slot++) {
        bySlot.add(new ArrayList<>());
      }
    }

    void add(int slot, Links.Transfer transfer) {
      bySlot.get(slot).add(transfer);
    }

    void await(int slot) {
      links.await(bySlot.get(slot));
      bySlot.get(slot).clear();
    }
  }

  Chain(
      Place place,
      Communicator local,
      Links links,
      Reduction reduction,
      Buffer input,
      Buffer output,
      ReduceOp op,
      Results results) {
    this.place = place;
    this.local = local;
    this.links = links;
    this.arena = Arena.ofShared();
    this.input = input;
    this.output = output;
    this.results = results;
    this.dtype = input.dtype();
    this.width = dtype.sizeBytes();
    this.wide = Partial.wide(dtype, op);
    this.lanes = place.lanes();
    this.partial = new Partial(dtype, op, place.localSize(), reduction, arena);
    this.chunk = chunk(input.memory().byteSize());
    this.direct = wide == dtype && op != ReduceOp.MEAN && results.toAll();
    long piece = chunk / lanes;
    this.collected = arena.allocate(inLane() ? piece * place.localSize() * width : 0, 64);
    for (int slot = 0; slot < SLOTS && inLane(); slot++) {
      before[slot] = arena.allocate(piece * wide.sizeBytes(), 64);
      folded[slot] = arena.allocate(piece * wide.sizeBytes(), 64);
      finished[slot] = arena.allocate(piece * width, 64);
    }
  }

  /** In elements: several, so that they overlap, but none so small that meeting costs more. */
  private long chunk(long bytes) {
    long wanted = Math.clamp(bytes / CHUNKS, CHUNK_BYTES_MIN, CHUNK_BYTES_MAX);
    return Math.max(1, Math.min(wanted, bytes) / width / lanes) * lanes;
  }

  private boolean inLane() {
    return place.local() < lanes;
  }

  private boolean first() {
    return place.host() == 0;
  }

  private boolean last() {
    return place.host() == place.hosts() - 1;
  }

  private int above() {
    return place.rank(place.host() + 1, place.local());
  }

  private int below() {
    return place.rank(place.host() - 1, place.local());
  }

  void run() {
    try (arena) {
      long chunks = (input.elements() + chunk - 1) / chunk;
      for (long i = 0; i < chunks + AHEAD; i++) {
        if (i < chunks) {
          fold(i);
        }
        if (i >= AHEAD) {
          deliver(i - AHEAD);
        }
      }
      for (int slot = 0; slot < SLOTS; slot++) {
        links.await(up[slot]);
        down.await(slot);
      }
    }
  }

  private long from(long number) {
    return number * chunk;
  }

  private long count(long number) {
    return Math.min(chunk, input.elements() - from(number));
  }

  /** Of the whole buffer. */
  private Slices piece(long number, int lane) {
    var slice = Slices.of(count(number), lane, lanes);
    return new Slices(from(number) + slice.from(), from(number) + slice.to());
  }

  // ---- up

  private void fold(long number) {
    int slot = (int) (number % SLOTS);
    Links.Transfer from = null;
    long elements = inLane() ? piece(number, place.local()).count() : 0;
    if (inLane() && !first()) {
      from = links.receive(below(), before[slot].asSlice(0, elements * wide.sizeBytes()));
    }
    collect(number, elements);
    if (!inLane()) {
      return;
    }
    links.await(from);
    links.await(up[slot]);
    var out =
        last() && direct
            ? bytes(piece(number, place.local()))
            : folded[slot].asSlice(0, elements * wide.sizeBytes());
    partial.fold(first() ? null : before[slot], collected, place.localSize(), elements, out);
    if (last() && !direct) {
      down.await(slot);
      partial.finish(out, elements, place.worldSize(), finished[slot]);
    } else if (!last()) {
      up[slot] = links.send(above(), out);
    }
  }

  /** Each lane gets its piece of all ranks of this host. */
  private void collect(long number, long elements) {
    var gives = new long[place.localSize()];
    var takes = new long[place.localSize()];
    for (int lane = 0; lane < lanes; lane++) {
      gives[lane] = piece(number, lane).count();
    }
    Arrays.fill(takes, elements);
    var whole = input.slice(from(number), from(number) + count(number));
    var into = new Buffer(collected.asSlice(0, elements * place.localSize() * width), dtype);
    boolean even = lanes == place.localSize() && count(number) % lanes == 0;
    run(
        even
            ? new Operation.AllToAll(whole, into)
            : new Operation.AllToAllUneven(whole, gives, into, takes));
  }

  private void run(Operation operation) {
    local.run(operation, Stream.NONE).await();
  }

  // ---- down

  private void deliver(long number) {
    if (results.toAll()) {
      passDown(number);
      shareHere(number);
    } else {
      handOut(number);
    }
  }

  private MemorySegment bytes(Slices slice) {
    return output.slice(slice.from(), slice.to()).memory();
  }

  private void passDown(long number) {
    if (!inLane()) {
      return;
    }
    int slot = (int) (number % SLOTS);
    var slice = piece(number, place.local());
    var own = bytes(slice);
    if (!last()) {
      links.await(links.receive(above(), own));
    } else if (!direct) {
      MemorySegment.copy(finished[slot], 0, own, 0, own.byteSize());
    }
    if (!first()) {
      down.await(slot);
      down.add(slot, links.send(below(), own));
    }
  }

  private void shareHere(long number) {
    if (lanes == place.localSize() && count(number) % lanes == 0) {
      var whole = new Buffer(bytes(new Slices(from(number), from(number) + count(number))), dtype);
      var own = new Buffer(bytes(piece(number, place.local())), dtype);
      run(new Operation.AllGather(own, whole));
      return;
    }
    for (int lane = 0; lane < lanes && place.localSize() > 1; lane++) {
      run(new Operation.Broadcast(new Buffer(bytes(piece(number, lane)), dtype), lane));
    }
  }

  /** From the last host straight to the ranks that want it; all ranks go in the same order. */
  private void handOut(long number) {
    int slot = (int) (number % SLOTS);
    for (int lane = 0; lane < lanes; lane++) {
      int giver = place.rank(place.hosts() - 1, lane);
      var piece = piece(number, lane);
      for (int taker = 0; taker < place.worldSize(); taker++) {
        var wanted = results.of(taker);
        long from = Math.max(piece.from(), wanted.from());
        long to = Math.min(piece.to(), wanted.to());
        if (from < to) {
          hand(slot, giver, taker, from, to, piece.from(), wanted.from());
        }
      }
    }
  }

  private void hand(
      int slot, int giver, int taker, long from, long to, long pieceFrom, long wantedFrom) {
    var given =
        place.rank() == giver
            ? finished[slot].asSlice((from - pieceFrom) * width, (to - from) * width)
            : null;
    var taken =
        place.rank() == taker ? output.slice(from - wantedFrom, to - wantedFrom).memory() : null;
    if (giver == taker) {
      if (given != null) {
        taken.copyFrom(given);
      }
    } else if (given != null) {
      if (place.here(taker)) {
        run(new Operation.Send(Scratch.bytes(given), place.local(taker)));
      } else {
        down.add(slot, links.send(taker, given));
      }
    } else if (taken != null) {
      if (place.here(giver)) {
        run(new Operation.Receive(Scratch.bytes(taken), place.local(giver)));
      } else {
        links.await(links.receive(giver, taken));
      }
    }
  }
}
