package dev.muster.trainer.optimizer;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.Stream;
import dev.muster.collectives.Work;
import dev.muster.worker.GradientBuckets;
import dev.muster.worker.NamedTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Each rank holds the moments of its own rows only (see {@link Shard}), updates these rows, and
 * gets all others from their owners: stage 1 of ZeRO. The memory of the moments falls with the
 * world size; parameters stay on every rank.
 *
 * <p>The gradients are reduced in full on every rank, and not scattered. So every rank computes the
 * norm for clipping over the same bits in the same order, and the step has the bits that it has
 * without sharding. Rows do not end where {@code reduceScatter} cuts, either.
 *
 * <p>An update is staged, since a step may still be cut short. New parameters take the place of the
 * gradients, which nobody needs any more: those are in shared memory already, where the other ranks
 * can read them, so staging takes no more of it. Parts differ in size, so each rank broadcasts its
 * own, one call per bucket it lies in; {@code allGather} would want them padded to the largest, in
 * memory that grows with the world size.
 */
public final class ShardedOptimizer implements Optimizer {
  private final AdamW adamW;
  private final ModelState state;
  private final List<MemorySegment> parameters;
  private int rank;
  private int worldSize = 1;
  private Arena arena; // of the moments; null: not laid out yet
  private Moments moments;
  private Moments staged;
  private Communicator communicator;
  private List<MemorySegment> gradients;
  private List<Part> parts;

  /** Rows of one rank in one bucket. */
  private record Part(int owner, Buffer memory) {}

  public ShardedOptimizer(AdamW adamW, ModelState state) {
    this.adamW = adamW;
    this.state = state;
    this.parameters = state.bySlot();
  }

  @Override
  public void place(int newRank, int newWorldSize) {
    rank = newRank;
    worldSize = newWorldSize;
    List<Shard> shards = Shard.of(state.layout(), rank, worldSize);
    if (arena == null || !shards.equals(moments.shards())) {
      close();
      arena = Arena.ofShared();
      moments = Moments.zero(shards, arena);
      staged = Moments.zero(shards, arena);
    }
  }

  /** Not earlier, because those of a rank that is alone are the largest there are. */
  private Moments laidOut() {
    if (arena == null) {
      place(rank, worldSize);
    }
    return moments;
  }

  @Override
  public List<NamedTensor> moments() {
    return laidOut().tensors(false);
  }

  @Override
  public void joined(Communicator newCommunicator, GradientBuckets buckets) {
    if (newCommunicator.rank() != rank || newCommunicator.worldSize() != worldSize) {
      throw new IllegalStateException(
          "joined a group at another place than announced: expectedRank="
              + rank
              + " expectedWorldSize="
              + worldSize
              + " actualRank="
              + newCommunicator.rank()
              + " actualWorldSize="
              + newCommunicator.worldSize()
              + "; call place before joined");
    }
    laidOut();
    communicator = newCommunicator;
    gradients = buckets.gradients();
    parts = new ArrayList<>();
    for (int owner = 0; owner < worldSize; owner++) {
      addParts(owner, Shard.of(state.layout(), owner, worldSize), buckets);
    }
  }

  /** Neighbouring rows of a bucket are one part, the padding between their slots included. */
  private void addParts(int owner, List<Shard> shards, GradientBuckets buckets) {
    int first = 0;
    for (int next = 1; next <= shards.size(); next++) {
      int bucket = buckets.bucketOf(shards.get(first).index());
      if (next == shards.size() || buckets.bucketOf(shards.get(next).index()) != bucket) {
        Shard from = shards.get(first);
        Shard to = shards.get(next - 1);
        MemorySegment memory = buckets.between(from.index(), from.from(), to.index(), to.to());
        parts.add(new Part(owner, Buffer.float32(memory)));
        first = next;
      }
    }
  }

  @Override
  public void prepare(long step) {
    adamW.update(state, moments, gradients, step, new AdamW.Target(gradients, staged));
    List<Work> started = new ArrayList<>(parts.size());
    for (Part part : parts) {
      started.add(communicator.broadcast(part.memory(), part.owner(), Stream.NONE));
    }
    started.forEach(Work::await);
  }

  @Override
  public void apply(long step) {
    for (int slot = 0; slot < parameters.size(); slot++) {
      parameters.get(slot).copyFrom(gradients.get(slot));
    }
    moments.copyFrom(staged);
  }

  @Override
  public void close() {
    if (arena != null) {
      arena.close();
      arena = null;
    }
  }
}
