package dev.muster.trainer;

import dev.muster.trainer.gpt.GptConfig;
import dev.muster.trainer.gpt.GptModel;
import dev.muster.trainer.mlp.MlpConfig;
import dev.muster.trainer.mlp.MlpModel;
import dev.muster.trainer.optimizer.AdamW;
import dev.muster.trainer.optimizer.Layout;
import dev.muster.trainer.optimizer.ModelState;
import dev.muster.trainer.optimizer.Optimizer;
import dev.muster.trainer.optimizer.ReplicatedOptimizer;
import dev.muster.trainer.optimizer.ShardedOptimizer;
import dev.muster.trainer.settings.Settings;
import dev.muster.trainer.text.Corpus;
import dev.muster.worker.Trainer;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * The shipped trainers, chosen by the setting {@code model}: {@code gpt} (JavaCPP PyTorch) or
 * {@code mlp} (plain Java, starts at once). With the setting {@code zero=1} each rank holds the
 * optimizer's state of its own part of the parameters only.
 */
public final class ReferenceTrainers {
  private ReferenceTrainers() {}

  /**
   * What a run will train, known without loading native code.
   *
   * @param sharedBytesPerRank what the trainer allocates in the shared region, at most, whatever
   *     the world size
   */
  public record Description(String model, String data, long sharedBytesPerRank) {}

  /** Everything read from the settings, before memory or native code is touched. */
  private record Recipe(
      String description,
      Layout layout,
      BiFunction<AdamW, ModelState, Optimizer> spread,
      ToLongFunction<Layout> sharedBytes,
      AdamW.Config optimizer,
      LanguageModelTrainer.Plan plan,
      Corpus corpus,
      Function<ModelState, Model> model) {}

  /**
   * Checks settings and data as {@link #create} would.
   *
   * @throws dev.muster.trainer.settings.InvalidSettingException a setting or the data file cannot
   *     be used; show its message, exit code 2
   */
  public static Description describe(Map<String, String> settings) {
    Recipe recipe = recipe(settings);
    String data =
        recipe.corpus.name() + ", " + recipe.corpus.sizeBytes() + " bytes, last tenth held out";
    return new Description(recipe.description, data, recipe.sharedBytes.applyAsLong(recipe.layout));
  }

  /** A {@link dev.muster.worker.TrainerFactory}. */
  public static Trainer create(Map<String, String> settings, long seed) {
    Recipe recipe = recipe(settings);
    Arena arena = Arena.ofShared();
    ModelState state = ModelState.initial(recipe.layout, seed, arena);
    return new LanguageModelTrainer(
        recipe.model.apply(state),
        state,
        recipe.spread.apply(new AdamW(recipe.optimizer), state),
        recipe.corpus,
        recipe.plan,
        arena);
  }

  private static Recipe recipe(Map<String, String> map) {
    Settings settings = new Settings(map);
    return switch (settings.oneOf("model", "gpt", "gpt", "mlp")) {
      case "gpt" -> gpt(settings);
      default -> mlp(settings);
    };
  }

  private static Recipe gpt(Settings settings) {
    GptConfig config = GptConfig.from(settings);
    AdamW.Config optimizer =
        AdamW.Config.from(
            settings, GptConfig.LEARNING_RATE, GptConfig.WARMUP_STEPS, GptConfig.DECAY_STEPS);
    return complete(
        settings,
        config.describe(),
        config.layout(),
        optimizer,
        GptConfig.BATCH,
        config.context(),
        state -> new GptModel(config, state));
  }

  private static Recipe mlp(Settings settings) {
    MlpConfig config = MlpConfig.from(settings);
    AdamW.Config optimizer =
        AdamW.Config.from(
            settings, MlpConfig.LEARNING_RATE, MlpConfig.WARMUP_STEPS, MlpConfig.DECAY_STEPS);
    return complete(
        settings,
        config.describe(),
        config.layout(),
        optimizer,
        MlpConfig.BATCH,
        config.context(),
        state -> new MlpModel(config, state));
  }

  private static Recipe complete(
      Settings settings,
      String description,
      Layout layout,
      AdamW.Config optimizer,
      int batch,
      int context,
      Function<ModelState, Model> model) {
    var plan =
        new LanguageModelTrainer.Plan(
            context,
            settings.integer("batch", batch, 1, 1 << 20),
            settings.integer("evaluation-windows", 0, 0, Integer.MAX_VALUE));
    boolean sharded = settings.integer("zero", 0, 0, 1) == 1;
    var file = settings.text("data");
    settings.requireAllKnown();
    return new Recipe(
        description,
        layout,
        sharded ? ShardedOptimizer::new : ReplicatedOptimizer::new,
        sharded ? ShardedOptimizer::sharedBytesMax : ReplicatedOptimizer::sharedBytes,
        optimizer,
        plan,
        Corpus.load(file, context),
        model);
  }
}
