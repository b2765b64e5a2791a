package dev.muster.benchmarks;

import dev.muster.collectives.Communicator;
import dev.muster.trainer.Gradients;
import dev.muster.trainer.Model;
import dev.muster.trainer.gpt.GptConfig;
import dev.muster.trainer.gpt.GptModel;
import dev.muster.trainer.optimizer.AdamW;
import dev.muster.trainer.optimizer.ModelState;
import dev.muster.trainer.optimizer.ReplicatedOptimizer;
import dev.muster.trainer.settings.Settings;
import dev.muster.trainer.text.Windows;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * What it is worth to sum buckets of gradients while backward goes on: forward, backward and the
 * sum over all ranks of the shipped GPT, with every bucket summed after backward, and as it becomes
 * complete. With as many ranks as cores only waiting can be hidden, since summing needs a core too.
 *
 * <p>Arguments: {@code [ranks] [windows per rank] [rounds] [setting=value ...]}, 2, 4 and 40 unless
 * given; settings are those of the model.
 */
public final class OverlapCost {
  private OverlapCost() {}

  public static void main(String[] args) throws Exception {
    int[] values = {2, 4, 40};
    var settings = new TreeMap<String, String>();
    for (int i = 0; i < args.length; i++) {
      int equals = args[i].indexOf('=');
      if (equals < 0) {
        values[i] = Integer.parseInt(args[i]);
      } else {
        settings.put(args[i].substring(0, equals), args[i].substring(equals + 1));
      }
    }
    var config = GptConfig.from(new Settings(settings));
    System.out.println(config.describe() + ", windows per rank " + values[1]);
    long bytes = 2 * ReplicatedOptimizer.sharedBytes(config.layout());
    try (var arena = Arena.ofShared()) {
      new RanksByTurns(values[0], values[2], bytes)
          .measure(communicator ->
              List.of(
                  new Backward("after", false, config, values[1], communicator, arena),
                  new Backward("beside", true, config, values[1], communicator, arena)));
    }
  }

  /** A step up to the summed gradients. */
  private static final class Backward implements RanksByTurns.Kind {
    private final String name;
    private final boolean beside;
    private final ReplicatedOptimizer optimizer;
    private final Model model;
    private final Windows windows;
    private final long[] samples;

    Backward(
        String name,
        boolean beside,
        GptConfig config,
        int batch,
        Communicator communicator,
        Arena arena) {
      this.name = name;
      this.beside = beside;
      var state = ModelState.initial(config.layout(), 1, arena);
      model = new GptModel(config, state);
      var adamW = new AdamW(AdamW.Config.from(new Settings(Map.of()), 1e-3, 1, 1000));
      optimizer = new ReplicatedOptimizer(adamW, state);
      optimizer.joined(communicator);
      windows = new Windows(new byte[config.context() * batch + 1], config.context());
      samples = LongStream.range(0, batch).toArray();
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public void prepare() {
      optimizer.cleared();
    }

    @Override
    public void run() {
      var cleared = optimizer.cleared();
      var gradients = beside ? new Gradients(cleared, optimizer::complete) : Gradients.of(cleared);
      optimizer.reduce((float) model.gradients(gradients, windows, samples, 1.0));
    }

    @Override
    public void close() {
      model.close();
      optimizer.close();
    }
  }
}
