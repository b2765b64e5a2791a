package dev.muster.cli.elastic;

import dev.muster.cli.UserError;
import dev.muster.cli.bench.BenchRun;
import dev.muster.cli.process.Interrupts;
import dev.muster.protocol.run.MasterFile;
import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** One run of real processes that goes through an {@link ElasticPlan}. One thread. */
public final class ElasticRun {
  private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long LIMIT_NS = TimeUnit.MINUTES.toNanos(10);

  private final ElasticPlan plan;
  private final BenchRun run;
  private final Nodes nodes;
  private final SplittableRandom random;
  private final Consumer<String> say;
  private final Interrupts pause = Interrupts.none();
  private int killed;

  private ElasticRun(ElasticPlan plan, BenchRun run, Nodes nodes, Consumer<String> say) {
    this.plan = plan;
    this.run = run;
    this.nodes = nodes;
    this.random = new SplittableRandom(plan.seed());
    this.say = say;
  }

  /** A look at the run; empty means not yet. */
  @FunctionalInterface
  private interface Look<T> {
    Optional<T> look() throws IOException;
  }

  /**
   * Plays the plan to the end of the run.
   *
   * @param folder of the run, new
   * @param say told of every deed
   * @return what the run left behind
   * @throws UserError it did not reach a world size, or ended without a result; nothing runs any
   *     more
   */
  public static ElasticEvidence play(Path folder, ElasticPlan plan, Consumer<String> say)
      throws IOException, InterruptedException {
    var run = BenchRun.start(folder, plan.flags());
    try (var nodes = new Nodes(run.folder())) {
      var elastic = new ElasticRun(plan, run, nodes, say);
      elastic.change();
      var result = elastic.end();
      return ElasticEvidence.of(run.folder(), plan, result, elastic.killed);
    } finally {
      run.kill();
    }
  }

  private void change() throws IOException, InterruptedException {
    RunFolder folder = run.folder();
    var master = await("a master", () -> RunFiles.read(folder.master(), MasterFile.class));
    nodes.start("n0", plan.slots().get(0), master);
    nodes.start("n1", plan.slots().get(1), master);
    killRanks(plan.worlds().get(0));
    say.accept("node n1 killed at step " + run.progress().step());
    nodes.kill("n1");
    perhapsKillOne();
    killRanks(plan.worlds().get(1));
    say.accept("node n2 started at step " + run.progress().step());
    nodes.start("n2", plan.slots().get(2), master);
    perhapsKillOne();
    killRanks(plan.worlds().get(2));
  }

  /** While the world changes already. */
  private void perhapsKillOne() throws IOException, InterruptedException {
    if (plan.kills() > 0 && random.nextBoolean()) {
      killRank(run.progress());
    }
  }

  /** At one world size, each time some steps after it was reached or reached again. */
  private void killRanks(int world) throws IOException, InterruptedException {
    long from = awaitWorld(world, 0).step();
    say.accept("world of " + world + " at step " + from);
    for (int kill = 0; kill < plan.kills(); kill++) {
      killRank(awaitWorld(world, from + 1 + random.nextLong(plan.spacing())));
      from += plan.spacing();
    }
    awaitWorld(world, from);
  }

  private void killRank(Progress progress) throws InterruptedException {
    pause.await(TimeUnit.MICROSECONDS.toNanos(random.nextLong(plan.paceMs() * 1_000 + 1)));
    var living = progress.ranks().stream().filter(r -> nodes.runs(r.node())).toList();
    var rank = living.get(random.nextInt(living.size()));
    if (ProcessHandle.of(rank.pid()).map(ProcessHandle::destroyForcibly).orElse(false)) {
      killed++;
      say.accept(
          "rank %d (%s, pid %d) killed at step %d"
              .formatted(rank.rank(), rank.worker(), rank.pid(), progress.step()));
    }
  }

  private Progress awaitWorld(int world, long step) throws IOException, InterruptedException {
    return await(
        "a world of " + world + " at step " + step,
        () ->
            Optional.of(run.progress())
                .filter(p -> p.step() >= Math.max(1, step) && complete(p, world)));
  }

  private static boolean complete(Progress progress, int world) {
    return progress.ranks().size() == world
        && progress.ranks().stream().allMatch(rank -> rank.pid() > 0);
  }

  private <T> T await(String what, Look<T> look) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + LIMIT_NS;
    while (run.alive() && System.nanoTime() - deadline < 0) {
      var value = look.look();
      if (value.isPresent()) {
        return value.get();
      }
      pause.await(POLL_NS);
    }
    throw failed("there was never " + what + (run.alive() ? "" : "; the run has ended"));
  }

  private Result end() throws IOException, InterruptedException {
    return run.await(LIMIT_NS).orElseThrow(() -> failed("the run ended without a result"));
  }

  private UserError failed(String what) {
    return UserError.failed(
        what + ": seed=" + plan.seed() + " log=" + run.log() + " folder=" + run.folder().root());
  }
}
