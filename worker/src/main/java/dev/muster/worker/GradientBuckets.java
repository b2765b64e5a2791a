package dev.muster.worker;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DeviceCommunicator;
import dev.muster.collectives.ReduceOp;
import dev.muster.collectives.Stream;
import dev.muster.collectives.Work;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Gradients in the group's shared memory, or in that of the rank's GPU, fused into buckets so that
 * one collective reduces many parameters: {@code float32} views, one per parameter, each aligned to
 * 64 bytes, and one slot more in the last bucket for the loss. Made anew in {@link Trainer#joined};
 * dies with the communicator. Step thread only.
 *
 * <p>A large bucket means fewer synchronisations, a small one that reducing starts earlier while
 * gradients are still being computed (Li et al., "PyTorch Distributed", VLDB 2020, section 3.2).
 */
public final class GradientBuckets {
  private static final long ALIGNMENT = 64;

  private final Communicator communicator;
  private final BucketMemory memory;
  private final List<MemorySegment> buckets = new ArrayList<>();
  private final MemorySegment[] gradients;
  private final int[] bucketOf;
  private final int[] incomplete; // parameters of each bucket whose gradients are not complete
  private final List<Work> started = new ArrayList<>();
  private final MemorySegment loss;

  /**
   * @param elements of each parameter, in the order in which their gradients become complete
   * @param bucketBytes at which a bucket is full; a larger parameter has a bucket of its own
   */
  public GradientBuckets(Communicator communicator, long[] elements, long bucketBytes) {
    this(communicator, new BucketMemory.OfCpu(), elements, bucketBytes);
  }

  /**
   * In the memory of the rank's GPU: {@link #gradient} is for kernels, not for the CPU.
   *
   * @param kernels the stream of those that write gradients; handle 0 is CUDA's default stream. A
   *     bucket's reduction waits for what was given to it before {@link #complete}
   */
  public GradientBuckets(
      DeviceCommunicator device, Stream kernels, long[] elements, long bucketBytes) {
    this(device, new BucketMemory.OfDevice(device, kernels), elements, bucketBytes);
  }

  private GradientBuckets(
      Communicator communicator, BucketMemory memory, long[] elements, long bucketBytes) {
    this.communicator = communicator;
    this.memory = memory;
    this.gradients = new MemorySegment[elements.length];
    this.bucketOf = new int[elements.length];
    int from = 0;
    while (from < elements.length) {
      int to = fill(elements, from, bucketBytes);
      allocate(elements, from, to);
      from = to;
    }
    if (buckets.isEmpty()) {
      buckets.add(communicator.allocate(ALIGNMENT));
    }
    this.incomplete = new int[buckets.size()];
    MemorySegment last = buckets.getLast();
    this.loss = last.asSlice(last.byteSize() - ALIGNMENT, JAVA_FLOAT.byteSize());
  }

  /** Shared memory that {@link #GradientBuckets} takes, alignment included. */
  public static long sizeBytes(long[] elements) {
    long bytes = ALIGNMENT;
    for (long count : elements) {
      bytes += padded(count);
    }
    return bytes;
  }

  private static int fill(long[] elements, int from, long bucketBytes) {
    long bytes = 0;
    int to = from;
    while (to < elements.length && (to == from || bytes + padded(elements[to]) <= bucketBytes)) {
      bytes += padded(elements[to++]);
    }
    return to;
  }

  private void allocate(long[] elements, int from, int to) {
    long bytes = to == elements.length ? ALIGNMENT : 0;
    for (int p = from; p < to; p++) {
      bytes += padded(elements[p]);
    }
    MemorySegment bucket = communicator.allocate(bytes);
    long at = 0;
    for (int p = from; p < to; p++) {
      gradients[p] = bucket.asSlice(at, elements[p] * JAVA_FLOAT.byteSize());
      bucketOf[p] = buckets.size();
      at += padded(elements[p]);
    }
    buckets.add(bucket);
  }

  private static long padded(long elements) {
    return Math.ceilDiv(elements * JAVA_FLOAT.byteSize(), ALIGNMENT) * ALIGNMENT;
  }

  /** {@code float32[elements]} of one parameter. */
  public MemorySegment gradient(int parameter) {
    return gradients[parameter];
  }

  /** Those of all parameters, in their order. */
  public List<MemorySegment> gradients() {
    return List.of(gradients);
  }

  /** Which bucket waits for this parameter. */
  public int bucketOf(int parameter) {
    return bucketOf[parameter];
  }

  public int count() {
    return buckets.size();
  }

  /**
   * Before gradients are added up, also before a redone step: what a cut-short reduction left here
   * is undefined.
   */
  public void zero() {
    await();
    buckets.forEach(memory::zero);
    Arrays.fill(incomplete, 0);
    for (int bucket : bucketOf) {
      incomplete[bucket]++;
    }
  }

  /**
   * Nothing more is added to this gradient after {@link #zero}. Once a bucket and all before it are
   * complete, it is summed beside the caller, who goes on with backward and must not touch it; the
   * last one waits for the loss in {@link #reduceAll}. Ranks may complete parameters in different
   * orders, or tell of none.
   *
   * @throws IllegalStateException told twice
   */
  public void complete(int parameter) {
    int bucket = bucketOf[parameter];
    if (--incomplete[bucket] < 0) {
      throw new IllegalStateException(
          "more gradients are complete than a bucket has: parameter="
              + parameter
              + " bucket="
              + bucket
              + "; tell of each once after zero");
    }
    while (started.size() < buckets.size() - 1 && incomplete[started.size()] == 0) {
      started.add(reduce(started.size(), Stream.OWN));
    }
  }

  private void await() {
    started.forEach(Work::await);
    started.clear();
  }

  /** This rank's part of the loss, summed over the ranks together with the last bucket. */
  public void loss(float part) {
    memory.set(loss, part);
  }

  /** The sum over all ranks, after the last bucket is reduced. */
  public float loss() {
    return memory.get(loss);
  }

  /** Starts to sum one bucket over all ranks; every rank starts the buckets in the same order. */
  public Work reduce(int bucket, Stream stream) {
    memory.computed();
    return communicator.allReduce(Buffer.float32(buckets.get(bucket)), ReduceOp.SUM, stream);
  }

  /** Sums the buckets that are left over all ranks and waits for all; returns the summed loss. */
  public float reduceAll(float lossPart) {
    loss(lossPart);
    for (int bucket = started.size(); bucket < buckets.size(); bucket++) {
      reduce(bucket, Stream.NONE).await();
    }
    await();
    return loss();
  }
}
