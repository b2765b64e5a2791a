package dev.muster.collectives.shared;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Call;
import dev.muster.collectives.Movement;
import java.lang.foreign.MemorySegment;

/**
 * Operations that only move data, over shared memory: each rank copies what it wants straight out
 * of its peers' regions, or out of their own memory where the machine permits that. Elsewhere
 * inputs outside a region pass through its stages, chunk by chunk.
 */
final class Pull {
  private static final int DIRECT_BYTES_MIN = 4 << 10;

  private final Exchange exchange;
  private final Movement movement;
  private final Call call;
  private final MemorySegment input;
  private final MemorySegment output;
  private final int rank;
  private final int worldSize;

  /**
   * @param input null when this rank gives nothing
   * @param output null when it takes nothing
   */
  Pull(Exchange exchange, Movement movement, Call call, Buffer input, Buffer output) {
    this.exchange = exchange;
    this.movement = movement;
    this.call = call;
    this.input = input == null ? MemorySegment.NULL : input.memory();
    this.output = output == null ? MemorySegment.NULL : output.memory();
    this.rank = exchange.rank();
    this.worldSize = exchange.worldSize();
  }

  void run() {
    if (movement.largestInput() <= smallBytes()) {
      small();
      return;
    }
    exchange.meet(call, gives() ? input : null);
    if (allPublished() || exchange.readable()) {
      direct();
    } else if (movement.sameForAll()) {
      stagedForAll();
    } else {
      stagedInParts();
    }
  }

  /**
   * Through a slot, bytes cross between the cores twice; reading them where they lie costs a
   * meeting.
   */
  private int smallBytes() {
    return exchange.readable() ? DIRECT_BYTES_MIN : Region.SLOT_BYTES;
  }

  private boolean gives() {
    for (int taker = 0; taker < worldSize; taker++) {
      if (movement.bytes(rank, taker) > 0) {
        return true;
      }
    }
    return false;
  }

  /** The same on every rank: all look at all that give. */
  private boolean allPublished() {
    for (int giver = 0; giver < worldSize; giver++) {
      boolean gives = false;
      for (int taker = 0; taker < worldSize && !gives; taker++) {
        gives = movement.bytes(giver, taker) > 0;
      }
      if (gives && exchange.published(giver) < 0) {
        return false;
      }
    }
    return true;
  }

  private void small() {
    long slot = exchange.slotOffset();
    if (gives()) {
      MemorySegment.copy(input, 0, exchange.region().memory(), slot, input.byteSize());
    }
    exchange.meet(call, null);
    for (int giver = 0; giver < worldSize; giver++) {
      long from = movement.from(giver, rank);
      take(giver, slot + from, movement.to(giver, rank), movement.bytes(giver, rank));
    }
  }

  /** The last meeting keeps a giver from changing its input while a slow one still copies it. */
  private void direct() {
    var inputs = new Inputs(exchange, input);
    for (int each = 0; each < worldSize; each++) {
      int giver = (rank + each) % worldSize; // not all from the same one at once
      long from = movement.from(giver, rank);
      long to = movement.to(giver, rank);
      if (giver != rank || input.address() + from != output.address() + to) { // else in place
        inputs.copy(giver, from, output, to, movement.bytes(giver, rank));
      }
    }
    exchange.meet();
  }

  /**
   * Chunks alternate between two stages, so a stage is free again after the next chunk's meeting.
   */
  private void stagedForAll() {
    for (long from = 0; from < movement.largestInput(); from += Region.STAGE_BYTES) {
      long bytes = Math.min(Region.STAGE_BYTES, movement.largestInput() - from);
      long stage = exchange.nextStageOffset();
      if (gives()) {
        MemorySegment.copy(input, from, exchange.region().memory(), stage, bytes);
      }
      exchange.meet();
      for (int giver = 0; giver < worldSize; giver++) {
        long left = Math.clamp(movement.bytes(giver, rank) - from, 0, bytes);
        take(giver, stage, movement.to(giver, rank) + from, left);
      }
    }
  }

  /** A stage holds a piece for every taker, so that all of them have work in every round. */
  private void stagedInParts() {
    long piece = (Region.STAGE_BYTES / worldSize) & -64;
    for (long from = 0; from < longestPart(); from += piece) {
      long stage = exchange.nextStageOffset();
      for (int taker = 0; taker < worldSize; taker++) {
        long bytes = Math.clamp(movement.bytes(rank, taker) - from, 0, piece);
        if (bytes > 0) {
          long at = movement.from(rank, taker) + from;
          MemorySegment.copy(input, at, exchange.region().memory(), stage + taker * piece, bytes);
        }
      }
      exchange.meet();
      for (int giver = 0; giver < worldSize; giver++) {
        long bytes = Math.clamp(movement.bytes(giver, rank) - from, 0, piece);
        take(giver, stage + rank * piece, movement.to(giver, rank) + from, bytes);
      }
    }
  }

  private long longestPart() {
    long longest = 0;
    for (int giver = 0; giver < worldSize; giver++) {
      for (int taker = 0; taker < worldSize; taker++) {
        longest = Math.max(longest, movement.bytes(giver, taker));
      }
    }
    return longest;
  }

  private void take(int giver, long from, long to, long bytes) {
    if (bytes > 0 && !isSame(giver, from, to)) {
      MemorySegment.copy(exchange.views()[giver], from, output, to, bytes);
    }
  }

  /** In place, this rank's own part is where it belongs already. */
  private boolean isSame(int giver, long from, long to) {
    return giver == rank && exchange.region().memory().address() + from == output.address() + to;
  }
}
