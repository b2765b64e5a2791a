package dev.muster.collectives.hosts;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.CollectiveMismatchException;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.collectives.Movement;
import dev.muster.collectives.Operation;
import dev.muster.collectives.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Large operations that only move data, and messages between two ranks. Between hosts, bytes go
 * straight from the rank that has them to one that wants them; within a host by its own group.
 */
final class Moves {
  private static final long CHUNK_BYTES = 2 << 20;
  private static final int HEADER_BYTES = 16;

  private final Place place;
  private final Communicator local;
  private final Links links;
  private final Crossovers crossovers;
  private final MemorySegment sentHeader;
  private final MemorySegment receivedHeader;

  Moves(Place place, Communicator local, Links links, Crossovers crossovers, Arena arena) {
    this.crossovers = crossovers;
    this.place = place;
    this.local = local;
    this.links = links;
    this.sentHeader = arena.allocate(HEADER_BYTES, 64);
    this.receivedHeader = arena.allocate(HEADER_BYTES, 64);
  }

  private void run(Operation operation) {
    local.run(operation, Stream.NONE).await();
  }

  // ---- collectives

  /** Each input goes once to each other host, to one rank there, which tells the others. */
  void allGather(Operation.AllGather o) {
    long each = o.input().memory().byteSize();
    var output = o.output().memory();
    var mine = output.asSlice(place.rank() * each, each);
    if (mine.address() != o.input().memory().address()) {
      mine.copyFrom(o.input().memory());
    }
    var transfers = new ArrayList<Links.Transfer>();
    for (int host = 0; host < place.hosts(); host++) {
      if (host != place.host()) {
        int to = place.rank(host, place.local() % place.localSize(host));
        transfers.add(links.send(to, mine));
      }
    }
    for (int giver = 0; giver < place.worldSize(); giver++) {
      if (!place.here(giver) && holder(giver) == place.local()) {
        transfers.add(links.receive(giver, output.asSlice(giver * each, each)));
      }
    }
    links.await(transfers);
    for (int giver = 0; giver < place.worldSize() && place.localSize() > 1; giver++) {
      var part = Scratch.bytes(output.asSlice(giver * each, each));
      run(new Operation.Broadcast(part, holder(giver)));
    }
  }

  /** Which rank of this host has the input of another rank first. */
  private int holder(int giver) {
    return place.local(giver) % place.localSize();
  }

  /**
   * From the root's host to all others, chunk by chunk: large buffers along a line, which uses each
   * connection once, small ones along a binomial tree, which is less deep.
   */
  void broadcast(Operation.Broadcast o) {
    var memory = o.buffer().memory();
    int entry = entry(place.host(), o.root());
    var hops = hops(crossovers.tree(memory.byteSize(), place.hosts()), distance(o.root()));
    boolean speaks = place.rank() == entry;
    var sent = new ArrayList<Links.Transfer>();
    for (long at = 0; at < memory.byteSize(); at += CHUNK_BYTES) {
      var chunk = memory.asSlice(at, Math.min(CHUNK_BYTES, memory.byteSize() - at));
      if (speaks && hops.from() >= 0) {
        links.await(links.receive(entryAt(hops.from(), o.root()), chunk));
      }
      for (int to : speaks ? hops.to() : List.<Integer>of()) {
        sent.add(links.send(entryAt(to, o.root()), chunk));
      }
      if (place.localSize() > 1) {
        run(new Operation.Broadcast(Scratch.bytes(chunk), place.local(entry)));
      }
    }
    links.await(sent);
  }

  private int distance(int root) {
    return Math.floorMod(place.host() - place.hostOf(root), place.hosts());
  }

  private int entryAt(int distance, int root) {
    return entry((place.hostOf(root) + distance) % place.hosts(), root);
  }

  /**
   * As distances from the root's host.
   *
   * @param from -1 for none
   */
  private record Hops(int from, List<Integer> to) {}

  private Hops hops(boolean tree, int distance) {
    if (!tree) {
      return new Hops(
          distance - 1, distance + 1 < place.hosts() ? List.of(distance + 1) : List.of());
    }
    int level = Integer.highestOneBit(distance); // it is reached with the hop of this length
    var to = new ArrayList<Integer>();
    for (int hop = Integer.highestOneBit(place.hosts() - 1); hop > level; hop /= 2) {
      if (distance + hop < place.hosts()) {
        to.add(distance + hop);
      }
    }
    return new Hops(distance == 0 ? -1 : distance - level, to);
  }

  /** Where the root's buffer comes to a host: to its leader, but on the root's own. */
  private int entry(int host, int root) {
    return host == place.hostOf(root) ? root : place.leader(host);
  }

  /** Straight from each giver to each taker. */
  void move(Movement movement, Buffer input, Buffer output) {
    var transfers = new ArrayList<Links.Transfer>();
    for (int step = 1; step < place.worldSize(); step++) { // not all to the same one at once
      int taker = (place.rank() + step) % place.worldSize();
      int giver = Math.floorMod(place.rank() - step, place.worldSize());
      if (!place.here(taker) && movement.bytes(place.rank(), taker) > 0) {
        transfers.add(links.send(taker, given(movement, input, taker)));
      }
      if (!place.here(giver) && movement.bytes(giver, place.rank()) > 0) {
        transfers.add(links.receive(giver, taken(movement, output, giver)));
      }
    }
    moveOwn(movement, input, output);
    for (int step = 1; step < place.localSize(); step++) {
      moveHere(
          movement,
          input,
          output,
          (place.local() + step) % place.localSize(),
          Math.floorMod(place.local() - step, place.localSize()));
    }
    links.await(transfers);
  }

  private void moveOwn(Movement movement, Buffer input, Buffer output) {
    if (movement.bytes(place.rank(), place.rank()) > 0) {
      var from = given(movement, input, place.rank());
      var to = taken(movement, output, place.rank());
      if (from.address() != to.address()) {
        to.copyFrom(from);
      }
    }
  }

  private void moveHere(Movement movement, Buffer input, Buffer output, int to, int from) {
    int taker = place.rank(place.host(), to);
    int giver = place.rank(place.host(), from);
    boolean gives = movement.bytes(place.rank(), taker) > 0;
    boolean takes = movement.bytes(giver, place.rank()) > 0;
    if (gives && takes) {
      var out = Scratch.bytes(given(movement, input, taker));
      run(new Operation.SendReceive(out, to, Scratch.bytes(taken(movement, output, giver)), from));
    } else if (gives) {
      run(new Operation.Send(Scratch.bytes(given(movement, input, taker)), to));
    } else if (takes) {
      run(new Operation.Receive(Scratch.bytes(taken(movement, output, giver)), from));
    }
  }

  private MemorySegment given(Movement movement, Buffer input, int taker) {
    return input
        .memory()
        .asSlice(movement.from(place.rank(), taker), movement.bytes(place.rank(), taker));
  }

  private MemorySegment taken(Movement movement, Buffer output, int giver) {
    return output
        .memory()
        .asSlice(movement.to(giver, place.rank()), movement.bytes(giver, place.rank()));
  }

  /** Parts of any size: all counts are known from the meeting. */
  void uneven(Operation.AllToAllUneven o, MemorySegment counts) {
    int worldSize = place.worldSize();
    int width = o.input().dtype().sizeBytes();
    var bytes = new long[worldSize][worldSize];
    for (int giver = 0; giver < worldSize; giver++) {
      for (int taker = 0; taker < worldSize; taker++) {
        long count = counts.getAtIndex(JAVA_LONG, (long) giver * worldSize + taker);
        bytes[giver][taker] = count * width;
      }
      o.requireExpected(giver, bytes[giver][place.rank()] / width, place.rank());
    }
    move(Movement.uneven(bytes), o.input(), o.output());
  }

  // ---- messages

  /**
   * @param output null for sending only
   * @param input null for receiving only
   */
  void message(Buffer input, int to, Buffer output, int from) {
    boolean sendsAway = input != null && !place.here(to);
    boolean receivesFromAway = output != null && !place.here(from);
    List<Links.Transfer> sent = sendsAway ? send(input, to) : List.of();
    var header = receivesFromAway ? links.receiveMessage(from, receivedHeader) : null;
    messageHere(sendsAway ? null : input, to, receivesFromAway ? null : output, from);
    if (receivesFromAway) {
      links.await(header);
      requireSame(output, from);
      links.await(links.receiveMessage(from, output.memory()));
    }
    links.await(sent);
  }

  private List<Links.Transfer> send(Buffer input, int to) {
    sentHeader.set(JAVA_LONG, 0, input.dtype().ordinal());
    sentHeader.set(JAVA_LONG, 8, input.memory().byteSize());
    return List.of(links.sendMessage(to, sentHeader), links.sendMessage(to, input.memory()));
  }

  private void messageHere(Buffer input, int to, Buffer output, int from) {
    try {
      if (input != null && output != null) {
        run(new Operation.SendReceive(input, place.local(to), output, place.local(from)));
      } else if (input != null) {
        run(new Operation.Send(input, place.local(to)));
      } else if (output != null) {
        run(new Operation.Receive(output, place.local(from)));
      }
    } catch (CollectiveMismatchException e) {
      throw new CollectiveMismatchException(
          "ranks within host %s, of %s: %s"
              .formatted(
                  place.host(place.host()).name(),
                  place.host(place.host()).ranks(),
                  e.getMessage()));
    }
  }

  private void requireSame(Buffer output, int from) {
    long dtype = receivedHeader.get(JAVA_LONG, 0);
    long bytes = receivedHeader.get(JAVA_LONG, 8);
    if (dtype != output.dtype().ordinal() || bytes != output.memory().byteSize()) {
      throw new CollectiveMismatchException(
          "rank %d sends %d bytes of %s, rank %d expects %d bytes of %s"
              .formatted(
                  from,
                  bytes,
                  DType.values()[(int) dtype],
                  place.rank(),
                  output.memory().byteSize(),
                  output.dtype()));
    }
  }
}
