package dev.muster.cli.kills;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.collectives.Slices;
import dev.muster.worker.Muster;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.Step;
import dev.muster.worker.Trainer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Trains nothing: after each step its state is a {@link KnownState}. Before the first step of every
 * group, and before every update, each byte that this rank holds is compared with what it must be;
 * a difference ends the run as an error of the user. Says {@link #VERIFIED} once a group.
 */
final class KnownStateTrainer implements Trainer {
  static final String VERIFIED = "verified: ";

  /** What one rank holds, in MiB. */
  record Size(boolean sharded, long mebibytes, int workers) {
    static Size of(String[] args) {
      return new Size(
          args[0].equals("sharded"), Long.parseLong(args[1]), Integer.parseInt(args[2]));
    }

    List<String> arguments() {
      return List.of(sharded ? "sharded" : "replicated", "" + mebibytes, "" + workers);
    }

    private long elements() {
      return (mebibytes << 20) / Long.BYTES * (sharded ? workers : 1);
    }
  }

  /** Odd lengths, so that neither boxes nor blocks fall on round numbers. */
  private static final int[] SHARES = {60, 30, 10};

  private static final long SMALL = 1021; // elements of the one that all hold in full
  private static final int GLOBAL_BATCH = 24;
  private static final long SAMPLES = 1_000_000;

  private final Size size;
  private final List<Piece> all = new ArrayList<>(); // held in full, for the trainer's life
  private List<Piece> boxes = List.of(); // of this place
  private Arena arena = Arena.ofShared();
  private Slices placed; // of the first sharded tensor; null before the first place
  private final long seed;
  private boolean verified; // in this group
  private MemorySegment sum;

  private record Piece(KnownState known, NamedTensor tensor) {
    long from() {
      return tensor.box()[0][0];
    }
  }

  KnownStateTrainer(Size size, long seed) {
    this.size = size;
    this.seed = seed;
    all.add(replicated(0, SMALL));
    for (int i = 0; !size.sharded && i < SHARES.length; i++) {
      all.add(replicated(i + 1, length(i)));
    }
    place(0, 1);
  }

  public static void main(String[] args) {
    var size = Size.of(args);
    Muster.train((settings, seed) -> new KnownStateTrainer(size, seed));
  }

  private long length(int i) {
    return size.elements() * SHARES[i] / 100 - i;
  }

  private Piece replicated(int number, long elements) {
    var memory = Arena.ofShared().allocate(elements * Long.BYTES, 64);
    long[] shape = {elements};
    var tensor = NamedTensor.replicated("all" + number, DType.INT64, shape, memory);
    return initial(new Piece(new KnownState(seed, number), tensor));
  }

  private static Piece initial(Piece piece) {
    piece.known.fill(piece.tensor.memory(), piece.from(), 0);
    return piece;
  }

  @Override
  public void place(int rank, int worldSize) {
    var first = Slices.of(length(0), rank, worldSize);
    if (!size.sharded || first.equals(placed)) {
      return;
    }
    placed = first;
    arena.close();
    arena = Arena.ofShared();
    var placedBoxes = new ArrayList<Piece>();
    for (int i = 0; i < SHARES.length; i++) {
      placedBoxes.add(box(i + 1, length(i), Slices.of(length(i), rank, worldSize)));
    }
    boxes = List.copyOf(placedBoxes);
  }

  private Piece box(int number, long elements, Slices slice) {
    var memory = arena.allocate(slice.count() * Long.BYTES, 64);
    long[][] box = {{slice.from(), slice.to()}};
    long[] shape = {elements};
    var tensor = new NamedTensor("box" + number, DType.INT64, shape, box, memory);
    return initial(new Piece(new KnownState(seed, number), tensor));
  }

  private List<Piece> pieces() {
    var pieces = new ArrayList<>(all);
    pieces.addAll(boxes);
    return pieces;
  }

  @Override
  public List<NamedTensor> state() {
    return pieces().stream().map(Piece::tensor).toList();
  }

  @Override
  public Dataset dataset() {
    return new Dataset(SAMPLES, GLOBAL_BATCH, 1, "samples");
  }

  @Override
  public void joined(Communicator communicator) {
    sum = communicator.allocate(64);
    verified = false;
  }

  @Override
  public double compute(Step step) {
    if (!verified) {
      verify(step);
      verified = true;
      if (step.number() > 0) { // no rehearsal
        System.out.println(
            VERIFIED
                + "generation="
                + step.communicator().generation()
                + " step="
                + (step.number() - 1)
                + " rank="
                + step.communicator().rank()
                + " bytes="
                + pieces().stream().mapToLong(p -> p.tensor.memory().byteSize()).sum());
      }
    }
    sum.fill((byte) 0);
    sum.set(ValueLayout.JAVA_FLOAT, 0, 1);
    step.communicator().allReduce(new Buffer(sum, DType.FLOAT32));
    return sum.get(ValueLayout.JAVA_FLOAT, 0) / step.communicator().worldSize();
  }

  @Override
  public void apply(Step step) {
    verify(step);
    for (var piece : pieces()) {
      piece.known.advance(piece.tensor.memory(), before(step), step.number());
    }
  }

  /** A rehearsal's step 0 changes nothing. */
  private static long before(Step step) {
    return Math.max(0, step.number() - 1);
  }

  private void verify(Step step) {
    for (var piece : pieces()) {
      var wrong = piece.known.mismatch(piece.tensor.memory(), piece.from(), before(step));
      if (wrong.isPresent()) {
        throw new IllegalStateException(describe(piece, wrong, step));
      }
    }
  }

  private static String describe(Piece piece, OptionalLong wrong, Step step) {
    long at = wrong.getAsLong();
    return "the state is not that of its step: tensor=%s offset=%d expected=%016x actual=%016x step=%d generation=%d rank=%d"
        .formatted(
            piece.tensor.name(),
            piece.from() + at,
            piece.known.at(piece.from() + at, before(step)),
            piece.tensor.memory().getAtIndex(ValueLayout.JAVA_LONG, at),
            before(step),
            step.communicator().generation(),
            step.communicator().rank());
  }
}
