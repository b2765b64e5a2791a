package dev.muster.collectives.nccl;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.CompletedWork;
import dev.muster.collectives.DeviceCommunicator;
import dev.muster.collectives.ForwardingCommunicator;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Operation;
import dev.muster.collectives.Stream;
import dev.muster.collectives.Work;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.nccl;

/**
 * A rank with a GPU. Operations run on the communicator's own stream ({@link Stream#OWN}, and
 * {@link Stream#NONE}, whose calls return when it is done) or on one of the caller's; buffers are
 * memory of the device, from {@link #allocate} or elsewhere. Whoever waits looks whether the
 * generation is over and whether NCCL has failed, and then ends the group: the kernels of this rank
 * too.
 */
public final class NcclCommunicator extends ForwardingCommunicator implements DeviceCommunicator {
  private static final int SPINS = 2_000;
  private static final long PAUSE_NS = 20_000;

  private final GroupMonitor monitor;
  private final Gpu gpu;
  private final NcclHandle handle;
  private final LongConsumer abortGeneration;
  private final Consumer<NcclCommunicator> left;
  private final List<Work> underWay = new ArrayList<>();
  private volatile String over; // why the group has ended, once this rank knows
  private boolean closed;

  NcclCommunicator(
      Communicator words,
      GroupMonitor monitor,
      Gpu gpu,
      NcclHandle handle,
      LongConsumer abortGeneration,
      Consumer<NcclCommunicator> left) {
    super(words);
    this.monitor = monitor;
    this.gpu = gpu;
    this.handle = handle;
    this.abortGeneration = abortGeneration;
    this.left = left;
  }

  NcclHandle handle() {
    return handle;
  }

  /** Zeroed memory of the device: the CPU must not touch it. */
  @Override
  public MemorySegment allocate(long bytes) {
    return gpu.allocate(bytes);
  }

  @Override
  public int device() {
    return gpu.device();
  }

  @Override
  public void copy(MemorySegment from, MemorySegment to) {
    gpu.use();
    gpu.copy(to, from, from.byteSize(), gpu.stream());
    new Started(gpu.mark(gpu.stream())).await();
  }

  @Override
  public void zero(MemorySegment memory) {
    gpu.use();
    gpu.zero(memory, gpu.stream());
    new Started(gpu.mark(gpu.stream())).await();
  }

  @Override
  public void follow(Stream stream) {
    gpu.follow(new CUstream_st(new Gpu.Address(stream.handle())));
  }

  @Override
  public Work run(Operation operation, Stream stream) {
    operation.check(rank(), worldSize());
    requireReached(operation.input());
    requireReached(operation.output());
    requireAlive();
    if (operation instanceof Operation.Barrier) {
      awaitAll();
      return inner.run(operation, Stream.NONE);
    }
    var work = start(operation, device(stream));
    if (stream == Stream.NONE) {
      work.await();
      return CompletedWork.DONE;
    }
    underWay.removeIf(Work::isDone);
    underWay.add(work);
    return work;
  }

  private static void requireReached(Buffer buffer) {
    if (buffer != null && buffer.elements() > 0 && !Gpu.reaches(buffer.memory())) {
      throw new IllegalArgumentException(
          "buffer is not memory of a device: %s; take it from allocate, or copy it there first"
              .formatted(buffer));
    }
  }

  private CUstream_st device(Stream stream) {
    return stream == Stream.NONE || stream == Stream.OWN
        ? gpu.stream()
        : new CUstream_st(new Gpu.Address(stream.handle()));
  }

  private Work start(Operation operation, CUstream_st stream) {
    gpu.use();
    try {
      handle.call(
          operation.call().kind().name(),
          comm -> new NcclCalls(comm, rank(), worldSize(), stream).start(operation));
    } catch (NcclException e) {
      throw ended(e.getMessage());
    }
    settle();
    return new Started(gpu.mark(stream));
  }

  /**
   * Returns when NCCL has taken what it was asked.
   *
   * @throws GroupRevokedException the generation is over
   * @throws NcclException NCCL failed, and with it the generation
   */
  void settle() {
    for (int i = 0; handle.asyncError() == nccl.ncclInProgress; i++) {
      requireAlive();
      pause(i);
    }
    requireNoError();
  }

  /** Also of another thread, which aborts: it does so in {@link #requireAlive}. */
  @Override
  public void abort(String reason) {
    tell(reason);
    abortGeneration.accept(generation());
  }

  /** Another group of this process has ended, and with it the generation. */
  void tell(String reason) {
    inner.abort(reason);
    over = monitor.reason(); // the first one counts
  }

  private void requireAlive() {
    if (over == null && monitor.revoked()) {
      over = monitor.reason();
      abortGeneration.accept(generation());
    }
    if (over != null) {
      throw revoked();
    }
  }

  private GroupRevokedException revoked() {
    String reason = over == null ? "its ranks went on in a smaller group, shrunk from it" : over;
    return new GroupRevokedException(group(), generation(), reason);
  }

  private void requireNoError() {
    int error = handle.asyncError();
    if (Codes.failed(error)) {
      throw ended(handle.words(error));
    }
  }

  /** This rank's failure ends the generation, unless it is the consequence of its end. */
  private NcclException ended(String why) {
    requireAlive();
    var message =
        "NCCL failed: group=%s generation=%d rank=%d %s"
            .formatted(group(), generation(), rank(), why);
    abort(message);
    return new NcclException(message);
  }

  private static void pause(int turn) {
    if (turn < SPINS) {
      Thread.onSpinWait();
    } else {
      LockSupport.parkNanos(PAUSE_NS);
    }
  }

  private final class Started implements Work {
    private final Gpu.Mark mark;

    private Started(Gpu.Mark mark) {
      this.mark = mark;
    }

    /** Kernels that were aborted have ended, too: what they leave is no result. */
    @Override
    public void await() {
      for (int i = 0; !mark.reached(); i++) {
        requireAlive();
        requireNoError();
        pause(i);
      }
      if (handle.spent()) {
        throw revoked();
      }
    }

    @Override
    public boolean isDone() {
      return mark.reached() || handle.spent();
    }
  }

  private void awaitAll() {
    underWay.forEach(Work::await);
    underWay.clear();
  }

  /** After all operations that were started here. */
  @Override
  public void agree(long step) {
    awaitAll();
    inner.agree(step);
  }

  /** What is under way ends the group; otherwise NCCL finishes, and no other rank is disturbed. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (underWay.stream().anyMatch(work -> !work.isDone())) {
      abort("rank closed its communicator in the middle of an operation: rank=" + rank());
    }
    finish();
    leave();
    gpu.close();
    inner.close();
  }

  /** What belongs to neither the device nor the group of the CPU. */
  void leave() {
    left.accept(this);
    monitor.close();
  }

  private void finish() {
    if (handle.spent()) {
      NcclHandle.abortAll(List.of(handle));
    } else {
      try {
        handle.finish();
        settle();
        handle.destroy();
      } catch (GroupRevokedException | NcclException e) {
        abortGeneration.accept(generation()); // peers that are gone: the short way
      }
    }
  }
}
