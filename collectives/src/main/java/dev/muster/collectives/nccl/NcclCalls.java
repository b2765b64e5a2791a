package dev.muster.collectives.nccl;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Movement;
import dev.muster.collectives.Operation;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Slices;
import dev.muster.collectives.nccl.Gpu.Address;
import java.lang.foreign.MemorySegment;
import java.util.function.IntSupplier;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.nccl;
import org.bytedeco.cuda.nccl.ncclComm;

/**
 * How one rank says an operation to NCCL. What NCCL has no call for is a group of sends and
 * receives, or of reductions, which it runs together.
 */
final class NcclCalls {
  private final ncclComm comm;
  private final int rank;
  private final int worldSize;
  private final CUstream_st stream;

  NcclCalls(ncclComm comm, int rank, int worldSize, CUstream_st stream) {
    this.comm = comm;
    this.rank = rank;
    this.worldSize = worldSize;
    this.stream = stream;
  }

  /** NCCL's result. */
  int start(Operation operation) {
    return switch (operation) {
      case Operation.AllReduce o -> allReduce(o);
      case Operation.Reduce o -> reduce(o.input(), or(o.output(), o.input()), o.op(), o.root());
      case Operation.ReduceScatter o -> reduceScatter(o);
      case Operation.AllGather o -> allGather(o);
      case Operation.Broadcast o -> broadcast(o);
      case Operation.AllToAllUneven o -> moved(o, uneven(o));
      case Operation.Send o -> send(o.buffer().memory(), o.to());
      case Operation.Receive o -> receive(o.buffer().memory(), o.from());
      case Operation.SendReceive o ->
          together(
              () -> send(o.input().memory(), o.to()), () -> receive(o.output().memory(), o.from()));
      case Operation.Barrier _ -> nccl.ncclSuccess;
      default -> moved(operation, Movement.of(operation, worldSize));
    };
  }

  private static Buffer or(Buffer buffer, Buffer other) {
    return buffer == null ? other : buffer;
  }

  private int allReduce(Operation.AllReduce o) {
    return nccl.ncclAllReduce(
        address(o.input()),
        address(o.output()),
        o.input().elements(),
        Codes.of(o.input().dtype()),
        Codes.of(o.op()),
        comm,
        stream);
  }

  private int reduce(Buffer input, Buffer output, ReduceOp op, int root) {
    return nccl.ncclReduce(
        address(input),
        address(output),
        input.elements(),
        Codes.of(input.dtype()),
        Codes.of(op),
        root,
        comm,
        stream);
  }

  /** NCCL wants slices of one size; others are reduced to their owners one by one. */
  private int reduceScatter(Operation.ReduceScatter o) {
    if (o.input().elements() % worldSize == 0) {
      return nccl.ncclReduceScatter(
          address(o.input()),
          address(o.output()),
          o.output().elements(),
          Codes.of(o.input().dtype()),
          Codes.of(o.op()),
          comm,
          stream);
    }
    var calls = new IntSupplier[worldSize];
    for (int r = 0; r < worldSize; r++) {
      int owner = r;
      var slice = Slices.of(o.input().elements(), r, worldSize);
      var part = o.input().slice(slice.from(), slice.to());
      calls[r] =
          () ->
              slice.count() == 0
                  ? nccl.ncclSuccess
                  : reduce(part, owner == rank ? o.output() : part, o.op(), owner);
    }
    return together(calls);
  }

  private int allGather(Operation.AllGather o) {
    return nccl.ncclAllGather(
        address(o.input()),
        address(o.output()),
        o.input().elements(),
        Codes.of(o.input().dtype()),
        comm,
        stream);
  }

  private int broadcast(Operation.Broadcast o) {
    var memory = address(o.buffer());
    return nccl.ncclBroadcast(
        memory,
        memory,
        o.buffer().elements(),
        Codes.of(o.buffer().dtype()),
        o.root(),
        comm,
        stream);
  }

  /** Only this rank's row and column are known, and needed. */
  private Movement uneven(Operation.AllToAllUneven o) {
    int width = o.input().dtype().sizeBytes();
    var bytes = new long[worldSize][worldSize];
    for (int r = 0; r < worldSize; r++) {
      bytes[r][rank] = o.outputCounts()[r] * width;
      bytes[rank][r] = o.inputCounts()[r] * width;
    }
    return Movement.uneven(bytes);
  }

  private int moved(Operation o, Movement movement) {
    var calls = new IntSupplier[2 * worldSize];
    for (int r = 0; r < worldSize; r++) {
      int peer = r;
      long out = movement.bytes(rank, peer);
      long in = movement.bytes(peer, rank);
      boolean inPlace = peer == rank && in > 0 && sameMemory(o, movement);
      calls[2 * r] =
          () ->
              out == 0 || inPlace
                  ? nccl.ncclSuccess
                  : send(o.input().memory().asSlice(movement.from(rank, peer), out), peer);
      calls[2 * r + 1] =
          () ->
              in == 0 || inPlace
                  ? nccl.ncclSuccess
                  : receive(o.output().memory().asSlice(movement.to(peer, rank), in), peer);
    }
    return together(calls);
  }

  private boolean sameMemory(Operation o, Movement movement) {
    return o.input().memory().address() + movement.from(rank, rank)
        == o.output().memory().address() + movement.to(rank, rank);
  }

  private int send(MemorySegment memory, int to) {
    return nccl.ncclSend(new Address(memory), memory.byteSize(), nccl.ncclUint8, to, comm, stream);
  }

  private int receive(MemorySegment memory, int from) {
    return nccl.ncclRecv(
        new Address(memory), memory.byteSize(), nccl.ncclUint8, from, comm, stream);
  }

  /** The first failure counts; the group is ended in any case. */
  private static int together(IntSupplier... calls) {
    int result = nccl.ncclGroupStart();
    for (var call : calls) {
      int own = Codes.failed(result) ? result : call.getAsInt();
      result = Codes.failed(own) ? own : result;
    }
    int end = nccl.ncclGroupEnd();
    return Codes.failed(result) ? result : end;
  }

  private static Address address(Buffer buffer) {
    return new Address(buffer.memory());
  }
}
