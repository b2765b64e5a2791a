package dev.muster.trainer.optimizer;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.worker.NamedTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Each rank holds the moments of its own rows only (see {@link Shard}), gets the sums of their
 * gradients, updates them, and gets all other rows from their owners: stage 1 of ZeRO. The memory
 * of the moments falls with the world size; parameters stay on every rank. What goes between the
 * ranks is no more than without shards: half an all-reduce is left out, and the parameters take its
 * place.
 *
 * <p>The norm for clipping is that of all gradients: each rank contributes the squares of its rows,
 * and all of them sum these in one order. So a step has the bits that it has without shards.
 *
 * <p>An update is staged, since a step may still be cut short. New parameters take the place of the
 * gradients, which nobody needs any more: those are in shared memory already, where the other ranks
 * can read them, so staging takes no more of it. Parts differ in size, so each rank broadcasts its
 * own; {@code allGather} would want them padded to the largest, in memory that grows with the world
 * size.
 */
public final class ShardedOptimizer implements Optimizer {
  private static final long ALIGNMENT = 64;

  private final AdamW adamW;
  private final ModelState state;
  private final List<MemorySegment> parameters;
  private final GradientNorm norm;
  private int rank;
  private int worldSize = 1;
  private Arena arena; // of the moments; null: not laid out yet
  private Moments moments;
  private Moments staged;
  private Communicator communicator;
  private ScatteredGradients gradients;
  private MemorySegment squares;

  public ShardedOptimizer(AdamW adamW, ModelState state) {
    this.adamW = adamW;
    this.state = state;
    this.parameters = state.bySlot();
    this.norm = new GradientNorm(state.layout());
  }

  /** Of the shared region, at most, whatever the world size. */
  public static long sharedBytesMax(Layout layout) {
    return ScatteredGradients.sharedBytesMax(layout) + GradientNorm.sizeBytes(layout) + ALIGNMENT;
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
  public void joined(Communicator newCommunicator) {
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
    gradients = new ScatteredGradients(communicator, state.layout());
    squares = communicator.allocate(GradientNorm.sizeBytes(state.layout()));
  }

  @Override
  public List<MemorySegment> cleared() {
    gradients.clear();
    return gradients.bySlot();
  }

  @Override
  public float reduce(float lossPart) {
    return gradients.reduce(lossPart);
  }

  @Override
  public void prepare(long step) {
    List<MemorySegment> bySlot = gradients.bySlot();
    var staging = new AdamW.Target(bySlot, staged);
    adamW.update(state, moments, bySlot, globalNorm(), step, staging);
    gradients.gather();
  }

  /** A row's squares are zero on all ranks but its owner's: adding them changes no bit. */
  private double globalNorm() {
    squares.fill((byte) 0);
    norm.squares(moments.shards(), gradients.bySlot(), squares);
    communicator.allReduce(new Buffer(squares, DType.FLOAT64));
    return norm.of(squares);
  }

  @Override
  public void apply(long step) {
    for (int slot = 0; slot < parameters.size(); slot++) {
      parameters.get(slot).copyFrom(gradients.bySlot().get(slot));
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
