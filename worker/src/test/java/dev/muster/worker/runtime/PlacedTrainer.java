package dev.muster.worker.runtime;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.DType;
import dev.muster.collectives.Slices;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.Step;
import dev.muster.worker.Trainer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** One weight on every rank and three moments, of which each rank holds a slice. */
final class PlacedTrainer implements Trainer {
  static final int MOMENTS = 3;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment weight = arena.allocate(4, 64);
  private final Consumer<String> told;
  private Slices slice = Slices.of(MOMENTS, 0, 1);
  private MemorySegment moments = arena.allocate(MOMENTS * 4L, 64);

  /**
   * @param told each call between {@link #place} and {@link #apply}
   */
  PlacedTrainer(Consumer<String> told) {
    this.told = told;
  }

  @Override
  public List<NamedTensor> state() {
    var state = new ArrayList<NamedTensor>();
    long[] shape = {MOMENTS};
    state.add(NamedTensor.replicated("w", DType.FLOAT32, new long[] {1}, weight));
    if (slice.count() > 0) {
      long[][] box = {{slice.from(), slice.to()}};
      state.add(new NamedTensor("m", DType.FLOAT32, shape, box, moments));
    }
    return List.copyOf(state);
  }

  @Override
  public void place(int rank, int worldSize) {
    told.accept("place " + rank + " of " + worldSize);
    var next = Slices.of(MOMENTS, rank, worldSize);
    if (!next.equals(slice)) {
      slice = next;
      moments = arena.allocate(slice.count() * 4, 64);
    }
  }

  @Override
  public Dataset dataset() {
    return new Dataset(100, 4, 1, "samples");
  }

  @Override
  public void joined(Communicator communicator) {
    told.accept(
        "joined " + communicator.rank() + " of " + communicator.worldSize() + " " + moments());
  }

  @Override
  public double compute(Step step) {
    return 1;
  }

  @Override
  public void apply(Step step) {
    weight.set(JAVA_FLOAT, 0, step.number());
    for (int i = 0; i < slice.count(); i++) {
      moments.setAtIndex(JAVA_FLOAT, i, slice.from() + i + 1);
    }
    told.accept("applied " + step.number());
  }

  List<Float> moments() {
    var values = new ArrayList<Float>();
    for (int i = 0; i < slice.count(); i++) {
      values.add(moments.getAtIndex(JAVA_FLOAT, i));
    }
    return values;
  }

  @Override
  public void close() {
    arena.close();
  }
}
