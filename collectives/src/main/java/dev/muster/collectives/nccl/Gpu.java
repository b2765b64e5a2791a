package dev.muster.collectives.nccl;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * One device as a communicator uses it: its memory, a stream of its own, and marks in streams.
 * Calls belong to the thread that makes them: each says first which device it means.
 */
final class Gpu implements AutoCloseable {
  private final int device;
  private final CUstream_st stream;
  private final List<Pointer> allocated = new ArrayList<>();

  Gpu(int device) {
    this.device = device;
    use();
    this.stream = new CUstream_st();
    Codes.checkCuda(
        cudart.cudaStreamCreateWithFlags(stream, cudart.cudaStreamNonBlocking),
        "cudaStreamCreateWithFlags");
  }

  void use() {
    Codes.checkCuda(cudart.cudaSetDevice(device), "cudaSetDevice(" + device + ")");
  }

  int device() {
    return device;
  }

  CUstream_st stream() {
    return stream;
  }

  /** Zeroed memory of the device: not for the CPU to read or write. */
  MemorySegment allocate(long bytes) {
    use();
    try (var at = new PointerPointer<Pointer>(1)) {
      Codes.checkCuda(
          cudart.cudaMalloc(at, Math.max(1, bytes)), "cudaMalloc of " + bytes + " bytes");
      var memory = new Address(at.get(0).address());
      allocated.add(memory);
      Codes.checkCuda(cudart.cudaMemset(memory, 0, bytes), "cudaMemset");
      return MemorySegment.ofAddress(memory.address()).reinterpret(bytes);
    }
  }

  /** Whether kernels on this device reach the memory. */
  static boolean reaches(MemorySegment memory) {
    var attributes = new org.bytedeco.cuda.cudart.cudaPointerAttributes();
    int result = cudart.cudaPointerGetAttributes(attributes, new Address(memory.address()));
    return result == cudart.cudaSuccess && attributes.type() != cudart.cudaMemoryTypeUnregistered;
  }

  void copy(MemorySegment to, MemorySegment from, long bytes, CUstream_st on) {
    Codes.checkCuda(
        cudart.cudaMemcpyAsync(
            new Address(to.address()),
            new Address(from.address()),
            bytes,
            cudart.cudaMemcpyDefault,
            on),
        "cudaMemcpyAsync");
  }

  void zero(MemorySegment memory, CUstream_st on) {
    Codes.checkCuda(
        cudart.cudaMemsetAsync(new Address(memory.address()), 0, memory.byteSize(), on),
        "cudaMemsetAsync");
  }

  /** What comes next in the own stream waits for all that is in the other one now. */
  void follow(CUstream_st other) {
    use();
    var event = event(other);
    try {
      Codes.checkCuda(cudart.cudaStreamWaitEvent(stream, event, 0), "cudaStreamWaitEvent");
    } finally {
      cudart.cudaEventDestroy(event); // CUDA keeps what it still needs of it
    }
  }

  private static CUevent_st event(CUstream_st on) {
    var event = new CUevent_st();
    Codes.checkCuda(
        cudart.cudaEventCreateWithFlags(event, cudart.cudaEventDisableTiming),
        "cudaEventCreateWithFlags");
    Codes.checkCuda(cudart.cudaEventRecord(event, on), "cudaEventRecord");
    return event;
  }

  /** A place in a stream: complete when all before it is. */
  Mark mark(CUstream_st on) {
    use();
    return new Mark(event(on));
  }

  /** Its event lives until it was seen complete. */
  static final class Mark {
    private CUevent_st event; // null: seen complete

    private Mark(CUevent_st event) {
      this.event = event;
    }

    boolean reached() {
      if (event == null) {
        return true;
      }
      int result = cudart.cudaEventQuery(event);
      if (result == cudart.cudaErrorNotReady) {
        return false;
      }
      Codes.checkCuda(result, "cudaEventQuery");
      cudart.cudaEventDestroy(event);
      event = null;
      return true;
    }
  }

  /** Once NCCL uses the memory no more; waits for what the stream still copies. */
  @Override
  public void close() {
    use();
    cudart.cudaStreamSynchronize(stream);
    cudart.cudaStreamDestroy(stream);
    allocated.forEach(cudart::cudaFree);
  }

  /** Memory as JavaCPP wants it. */
  static final class Address extends Pointer {
    Address(long address) {
      super((Pointer) null);
      this.address = address;
    }

    Address(MemorySegment memory) {
      this(memory.address());
    }
  }
}
