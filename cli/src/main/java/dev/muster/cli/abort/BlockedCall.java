package dev.muster.cli.abort;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.Operation;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Stream;
import java.lang.foreign.Arena;

/** Every sort of call in which a rank waits as long as one other rank stays away. */
enum BlockedCall {
  BARRIER,
  AGREE,
  ALL_REDUCE_SMALL,
  ALL_REDUCE_STAGED,
  ALL_REDUCE_DIRECT,
  REDUCE,
  REDUCE_SCATTER,
  ALL_GATHER,
  GATHER,
  BROADCAST,
  SCATTER,
  ALL_TO_ALL,
  ALL_TO_ALL_UNEVEN,
  SEND,
  RECEIVE,
  SEND_RECEIVE;

  private static final int SMALL = 1 << 10;
  private static final int LARGE = 1 << 20;

  /** What a rank may need in its region. */
  static final long BYTES = 4L * LARGE;

  /**
   * @param away the rank that does not call
   */
  void run(Communicator c, int away) {
    if (this == AGREE) {
      c.agree(c.committedStep() + 1);
      return;
    }
    try (var arena = Arena.ofConfined()) {
      c.run(operation(c, away, arena), Stream.NONE).await();
    }
  }

  private Operation operation(Communicator c, int away, Arena arena) {
    int world = c.worldSize();
    var each = floats(arena, SMALL);
    var all = floats(arena, SMALL * world);
    var own = floats(arena, SMALL);
    return switch (this) {
      case BARRIER, AGREE -> new Operation.Barrier();
      case ALL_REDUCE_SMALL -> new Operation.AllReduce(each, each, ReduceOp.SUM);
      case ALL_REDUCE_STAGED -> inPlace(floats(arena, LARGE));
      case ALL_REDUCE_DIRECT -> inPlace(Buffer.float32(c.allocate(BYTES)));
      case REDUCE -> new Operation.Reduce(each, own, ReduceOp.MAX, away);
      case REDUCE_SCATTER -> new Operation.ReduceScatter(all, own, ReduceOp.SUM);
      case ALL_GATHER -> new Operation.AllGather(each, all);
      case GATHER -> new Operation.Gather(each, all, away);
      case BROADCAST -> new Operation.Broadcast(each, away);
      case SCATTER -> new Operation.Scatter(all, own, away);
      case ALL_TO_ALL -> new Operation.AllToAll(all, floats(arena, SMALL * world));
      case ALL_TO_ALL_UNEVEN -> uneven(all, floats(arena, SMALL * world), world);
      case SEND -> new Operation.Send(each, away);
      case RECEIVE -> new Operation.Receive(own, away);
      case SEND_RECEIVE -> new Operation.SendReceive(each, away, own, away);
    };
  }

  private static Operation inPlace(Buffer buffer) {
    return new Operation.AllReduce(buffer, buffer, ReduceOp.SUM);
  }

  private static Operation uneven(Buffer input, Buffer output, int world) {
    long[] counts = new long[world];
    java.util.Arrays.fill(counts, SMALL);
    return new Operation.AllToAllUneven(input, counts, output, counts);
  }

  private static Buffer floats(Arena arena, long elements) {
    return Buffer.float32(arena.allocate(4 * elements, 64));
  }
}
