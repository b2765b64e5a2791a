package dev.muster.trainer;

import dev.muster.collectives.Communicator;
import dev.muster.trainer.optimizer.ModelState;
import dev.muster.trainer.optimizer.Optimizer;
import dev.muster.trainer.text.Corpus;
import dev.muster.trainer.text.Entropy;
import dev.muster.trainer.text.Windows;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.Step;
import dev.muster.worker.Trainer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Data-parallel training of a {@link Model} on a {@link Corpus}: every rank holds all parameters
 * and uses a share of each batch, or as many ranges of it as it has computed when none are left.
 */
final class LanguageModelTrainer implements Trainer {
  private final Model model;
  private final ModelState state;
  private final Optimizer optimizer;
  private final Corpus corpus;
  private final Windows windows;
  private final Plan plan;
  private final Arena arena;

  /**
   * @param context bytes of a window
   * @param batch windows per step over all ranks
   * @param evaluationWindows held-out windows to evaluate on, evenly spread; 0 for all
   */
  record Plan(int context, int batch, int evaluationWindows) {}

  /**
   * @param arena holds the state's memory; closed with this trainer
   */
  LanguageModelTrainer(
      Model model, ModelState state, Optimizer optimizer, Corpus corpus, Plan plan, Arena arena) {
    this.model = model;
    this.state = state;
    this.optimizer = optimizer;
    this.corpus = corpus;
    this.windows = corpus.trainingWindows(plan.context);
    this.plan = plan;
    this.arena = arena;
  }

  @Override
  public List<NamedTensor> state() {
    return Stream.concat(state.tensors().stream(), optimizer.moments().stream()).toList();
  }

  @Override
  public void place(int rank, int worldSize) {
    optimizer.place(rank, worldSize);
  }

  @Override
  public Dataset dataset() {
    return new Dataset(windows.count(), plan.batch, plan.context, "tokens");
  }

  @Override
  public void joined(Communicator communicator) {
    optimizer.joined(communicator);
  }

  @Override
  public double compute(Step step) {
    List<MemorySegment> cleared = optimizer.cleared();
    double share = 0;
    for (long[] samples = step.next(); samples.length > 0; samples = step.next()) {
      boolean last = samples.length == step.samples().length;
      var gradients = last ? new Gradients(cleared, optimizer::complete) : Gradients.of(cleared);
      share += model.gradients(gradients, windows, samples, 1.0 / step.globalSamples());
    }
    double loss = optimizer.reduce((float) share);
    if (!Double.isFinite(loss)) {
      throw new IllegalStateException(
          "training diverged: step="
              + step.number()
              + " loss="
              + loss
              + "; lower learning-rate or raise warmup-steps");
    }
    optimizer.prepare(counted(step));
    return loss;
  }

  @Override
  public void apply(Step step) {
    optimizer.apply(counted(step));
  }

  /** Number 0 is a rehearsal. */
  private static long counted(Step step) {
    return Math.max(1, step.number());
  }

  @Override
  public Evaluation evaluate() {
    Windows heldOut = corpus.heldOutWindows(plan.context);
    double loss = model.loss(heldOut, spread(heldOut.count(), plan.evaluationWindows));
    return new Evaluation(loss, report(loss, Entropy.of(corpus)));
  }

  /**
   * {@code wanted} of {@code count} indices at equal distances; all of them if wanted is 0 or too
   * many.
   */
  private static long[] spread(long count, int wanted) {
    long taken = wanted == 0 ? count : Math.min(wanted, count);
    return LongStream.range(0, taken).map(i -> i * count / taken).toArray();
  }

  private List<String> report(double loss, Entropy entropy) {
    return List.of(
        line("held-out loss of the model", loss),
        line("held-out unigram cross-entropy (counted on the training part)", entropy.unigram()),
        line("held-out bigram cross-entropy (counted on the training part)", entropy.bigram()),
        line(
            "held-out bigram conditional entropy (counted on the held-out part itself)",
            entropy.heldOutBigram()),
        loss < entropy.heldOutBigram()
            ? "the model predicts the held-out text better than its own byte pairs do"
            : "the model has not yet passed the bigram entropy: train longer");
  }

  private static String line(String what, double natsPerByte) {
    return String.format(Locale.ROOT, "%s: %.4f nats per byte", what, natsPerByte);
  }

  @Override
  public void close() {
    model.close();
    optimizer.close();
    arena.close();
  }
}
