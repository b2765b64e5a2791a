package dev.muster.collectives.shared;

import dev.muster.collectives.Call;
import dev.muster.collectives.Groups;
import dev.muster.collectives.reduce.Reduction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One rank's side of the meeting with its peers: arriving, waiting, comparing calls, and looking
 * into their regions. Used by one thread at a time.
 */
final class Exchange implements AutoCloseable {
  private final Groups.Spec spec;
  private final int rank;
  private final ControlFile control;
  private final Region region;
  private final MemorySegment[] views;
  private final long[] offsets;
  private final Reduction reduction;
  private final PeerMemory peers;
  private final Arena arena;
  private MemorySegment scratch;

  private long arrived;
  private long calls;
  private long chunks;

  private Exchange(Groups.Spec spec, int rank, ControlFile control, Region region, Arena arena) {
    this.spec = spec;
    this.rank = rank;
    this.control = control;
    this.region = region;
    this.views = new MemorySegment[spec.worldSize()];
    this.offsets = new long[spec.worldSize()];
    this.reduction = new Reduction(arena);
    this.peers = new PeerMemory(spec.worldSize(), arena);
    this.arena = arena;
  }

  /**
   * Meets the other ranks and maps their regions; afterwards nobody needs the names of the data
   * files any more.
   */
  static Exchange open(Groups.Spec spec, int rank, ControlFile control, Arena arena) {
    Region region = Region.create(spec, rank, arena);
    try {
      var exchange = new Exchange(spec, rank, control, region, arena);
      control.believe(rank, region.memory().byteSize());
      exchange.peers.offer(region.memory());
      exchange.meet();
      exchange.mapPeers(arena);
      exchange.peers.tryAll(region.memory(), exchange.views);
      exchange.meet();
      exchange.peers.conclude(exchange.views);
      return exchange;
    } catch (RuntimeException e) {
      region.close();
      throw e;
    }
  }

  private void mapPeers(Arena arena) {
    for (int peer = 0; peer < spec.worldSize(); peer++) {
      control.checkBelief(peer);
    }
    for (int peer = 0; peer < spec.worldSize(); peer++) {
      views[peer] =
          peer == rank
              ? region.memory()
              : SegmentFiles.mapPeer(spec, peer, control.regionBytes(peer), arena);
    }
  }

  Groups.Spec spec() {
    return spec;
  }

  int rank() {
    return rank;
  }

  int worldSize() {
    return spec.worldSize();
  }

  Reduction reduction() {
    return reduction;
  }

  Region region() {
    return region;
  }

  /** Regions by rank; this rank's own is writable. */
  MemorySegment[] views() {
    return views;
  }

  // ---- a call, from begin to end

  void begin() {
    checkRevoked();
    calls++;
  }

  /** How many this rank has begun. */
  long calls() {
    return calls;
  }

  /** Where this call's small input goes; readable by peers once they have met. */
  long slotOffset() {
    return region.slotOffset(calls);
  }

  /**
   * Where the next chunk goes; the stage is free because every peer arrived since it was last read.
   */
  long nextStageOffset() {
    return region.stageOffset(chunks++);
  }

  /**
   * Publishes this rank's call and waits until all ranks have made theirs, and the same.
   *
   * @param data where this rank's input lies, or null when it does not matter
   */
  void meet(Call call, MemorySegment data) {
    publish(call, data);
    meet();
    checkCalls();
  }

  /** Waits until all ranks have arrived here. */
  void meet() {
    arrive();
    for (int peer = 0; peer < spec.worldSize(); peer++) {
      await(peer);
    }
  }

  /**
   * A peer leaves a revoked call early and may then reuse its buffer. Whoever read that later also
   * sees the revoke here, so a call that returns has correct data.
   */
  void end() {
    VarHandle.acquireFence();
    checkRevoked();
  }

  /** Arrives, and waits until this step is committed or never will be. */
  void agree(long step) {
    publish(Call.agree(step), null);
    arrive();
    Waiter waiter = new Waiter(spec.worldSize());
    try {
      while (!decided(step)) {
        waiter.idle();
      }
    } finally {
      waiter.done();
    }
  }

  private boolean decided(long step) {
    long decision = control.decision();
    if (control.committedStep(decision) >= step) {
      return true;
    }
    boolean complete = allArrived();
    if (complete) {
      checkCalls();
    }
    if (ControlFile.isRevoked(decision)) {
      throw control.revokedException();
    }
    return complete && control.tryCommit(decision, step);
  }

  private void publish(Call call, MemorySegment data) {
    control.publish(
        rank,
        calls,
        call,
        data == null ? -1 : region.offsetOf(data),
        data == null ? 0 : data.address());
  }

  private void arrive() {
    control.arrive(rank, ++arrived);
  }

  private void await(int peer) {
    if (control.arrivals(peer) >= arrived) {
      return;
    }
    Waiter waiter = new Waiter(spec.worldSize());
    try {
      while (control.arrivals(peer) < arrived) {
        if (control.revoked()) {
          awaitRevoked();
          return;
        }
        waiter.idle();
      }
    } finally {
      waiter.done();
    }
  }

  /**
   * If all have arrived after all, go on: the revoke may be a peer's report of calls that differ,
   * which all should see.
   */
  private void awaitRevoked() {
    if (!allArrived()) {
      throw control.revokedException();
    }
  }

  private boolean allArrived() {
    for (int peer = 0; peer < spec.worldSize(); peer++) {
      if (control.arrivals(peer) < arrived) {
        return false;
      }
    }
    return true;
  }

  private void checkCalls() {
    for (int peer = 1; peer < spec.worldSize(); peer++) {
      if (!control.sameCall(0, peer, calls)) {
        throw Call.mismatch(spec, calls, publishedCalls());
      }
    }
  }

  private List<Call> publishedCalls() {
    return IntStream.range(0, spec.worldSize())
        .mapToObj(peer -> control.publishedCall(peer, calls))
        .toList();
  }

  void checkRevoked() {
    if (control.revoked()) {
      throw control.revokedException();
    }
  }

  // ---- where the data of a call lies

  /** The same place in every region. */
  long[] everywhere(long offset) {
    Arrays.fill(offsets, offset);
    return offsets;
  }

  /**
   * Where the ranks have published their inputs, or null if one of them lies outside its region.
   */
  long[] published() {
    for (int peer = 0; peer < spec.worldSize(); peer++) {
      offsets[peer] = control.publishedOffset(peer, calls);
      if (offsets[peer] < 0) {
        return null;
      }
    }
    return offsets;
  }

  long published(int peer) {
    return control.publishedOffset(peer, calls);
  }

  /** Whether inputs outside the regions can be read, too; the same on every rank. */
  boolean readable() {
    return peers.readable();
  }

  /** Of a peer's published input; from its own memory, not its region. */
  void readPeer(int peer, long from, MemorySegment to, long offset, long bytes) {
    if (!peers.read(peer, control.publishedAddress(peer, calls) + from, to, offset, bytes)) {
      control.revoke("memory of a rank is gone, its process has ended: rank=" + peer);
      throw control.revokedException();
    }
  }

  /** A strip for every rank, of this process alone. */
  MemorySegment scratch() {
    if (scratch == null) {
      scratch = arena.allocate((long) Inputs.STRIP_BYTES * spec.worldSize(), 64);
    }
    return scratch;
  }

  @Override
  public void close() {
    region.close();
  }
}
