package dev.muster.benchmarks;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.muster.collectives.Communicator;
import dev.muster.trainer.optimizer.AdamW;
import dev.muster.trainer.optimizer.Layout;
import dev.muster.trainer.optimizer.ModelState;
import dev.muster.trainer.optimizer.Optimizer;
import dev.muster.trainer.optimizer.ReplicatedOptimizer;
import dev.muster.trainer.optimizer.ShardedOptimizer;
import dev.muster.trainer.settings.Settings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * What a step costs beside the model: reducing the gradients and updating the parameters, with the
 * optimizer's state on every rank and sharded.
 *
 * <p>Arguments: {@code [ranks] [million parameters] [rounds]}, 4, 8 and 40 unless given.
 */
public final class OptimizerCost {
  private static final int WIDTH = 1000;

  private OptimizerCost() {}

  public static void main(String[] args) throws Exception {
    int[] values = {4, 8, 40};
    for (int i = 0; i < args.length; i++) {
      values[i] = Integer.parseInt(args[i]);
    }
    var builder = Layout.builder();
    for (int i = 0; i < values[1]; i++) {
      builder.matrix("w" + i, 0.02, WIDTH, WIDTH).vector("b" + i, Layout.Initial.ZERO, WIDTH);
    }
    var layout = builder.build();
    System.out.println("parameters=" + layout.parameters());
    long bytes = ReplicatedOptimizer.sharedBytes(layout) + ShardedOptimizer.sharedBytesMax(layout);
    try (var arena = Arena.ofShared()) {
      new RanksByTurns(values[0], values[2], bytes)
          .measure(communicator ->
              List.of(
                  new Update("replicated", ReplicatedOptimizer::new, layout, communicator, arena),
                  new Update("sharded", ShardedOptimizer::new, layout, communicator, arena)));
    }
  }

  /** A step without a model. */
  private static final class Update implements RanksByTurns.Kind {
    private final String name;
    private final Optimizer optimizer;
    private final Communicator communicator;
    private long number;

    Update(
        String name,
        BiFunction<AdamW, ModelState, Optimizer> spread,
        Layout layout,
        Communicator communicator,
        Arena arena) {
      this.name = name;
      this.communicator = communicator;
      var adamW = new AdamW(AdamW.Config.from(new Settings(Map.of()), 1e-3, 1, 1000));
      optimizer = spread.apply(adamW, ModelState.initial(layout, 1, arena));
      optimizer.place(communicator.rank(), communicator.worldSize());
      optimizer.joined(communicator);
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public void prepare() {
      float value = 1e-3f * (communicator.rank() + 1);
      for (MemorySegment gradient : optimizer.cleared()) {
        for (long i = 0; i < gradient.byteSize() / Float.BYTES; i++) {
          gradient.setAtIndex(JAVA_FLOAT, i, i % 2 == 0 ? value : -value);
        }
      }
    }

    @Override
    public void run() {
      optimizer.reduce(1);
      optimizer.prepare(++number);
      communicator.barrier().await(); // stands for the agreement
      optimizer.apply(number);
    }

    @Override
    public void close() {
      optimizer.close();
    }
  }
}
