package dev.muster.cli.bench;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.DType;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Stream;
import dev.muster.collectives.nccl.NcclCommunicator;
import dev.muster.worker.GradientBuckets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;
import org.bytedeco.cuda.global.cudart;

/** What a worker does with NCCL beside its group of the CPU. Throws where something is wrong. */
final class NcclWorkerChecks {
  private static final long[] ELEMENTS = {1_000, 3_001, 50_000, 7};
  private static final long BUCKET_BYTES = 1 << 14;
  private static final int STEPS = 5;
  private static final long LOOK_NS = 50_000;

  private NcclWorkerChecks() {}

  /** Some buckets are reduced while the gradients of others are still written. */
  static void buckets(NcclCommunicator c) {
    var buckets = new GradientBuckets(c, () -> 0, ELEMENTS, BUCKET_BYTES);
    float ranks = c.worldSize() * (c.worldSize() + 1) / 2f;
    for (int step = 1; step <= STEPS; step++) {
      buckets.zero();
      for (int p = 0; p < ELEMENTS.length; p++) {
        fill(c, buckets.gradient(p), (c.rank() + 1) * step);
        buckets.complete(p);
      }
      check("loss", buckets.reduceAll(c.rank() + 1), ranks);
      for (int p = 0; p < ELEMENTS.length; p++) {
        checkAll(c, buckets.gradient(p), ranks * step);
      }
      c.agree(step);
    }
  }

  private static void fill(NcclCommunicator c, MemorySegment gradient, float value) {
    try (var arena = Arena.ofConfined()) {
      var outside = arena.allocate(gradient.byteSize(), 64);
      for (long i = 0; i < gradient.byteSize() / Float.BYTES; i++) {
        outside.setAtIndex(JAVA_FLOAT, i, value);
      }
      c.copy(outside, gradient);
    }
  }

  private static void checkAll(NcclCommunicator c, MemorySegment gradient, float expected) {
    try (var arena = Arena.ofConfined()) {
      var outside = arena.allocate(gradient.byteSize(), 64);
      c.copy(gradient, outside);
      for (float element : outside.toArray(JAVA_FLOAT)) {
        check("a gradient", element, expected);
      }
    }
  }

  private static void check(String what, float actual, float expected) {
    if (actual != expected) {
      throw new IllegalStateException(
          what + " is wrong: expected=" + expected + " actual=" + actual);
    }
  }

  /**
   * Rank 0 does not come. The others look at nothing but their GPU, as trainers inside a call of
   * CUDA do: what gets them out is that another thread of theirs aborts, once it hears of the end.
   *
   * @return ms from the end to this rank's return, 0 for rank 0
   */
  static double waitForDevice(NcclCommunicator c, NcclChecks.Absence absence) {
    if (c.rank() == 0) {
      NcclChecks.awaitAll(absence.waiting());
      absence.endedNs().set(System.nanoTime());
      c.abort("as the check wants it");
      return 0;
    }
    c.allReduce(new Buffer(c.allocate(1 << 20), DType.FLOAT32), ReduceOp.SUM, Stream.OWN);
    absence.waiting().countDown();
    var orders =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              while (absence.endedNs().get() == 0) {
                LockSupport.parkNanos(LOOK_NS);
              }
              c.abort("the agent says that it is over");
            });
    cudart.cudaDeviceSynchronize();
    double ms = (System.nanoTime() - absence.endedNs().get()) / 1e6;
    join(orders);
    return ms;
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while a group ends", e);
    }
  }
}
