package dev.muster.cli;

import dev.muster.cli.bench.BenchRun;
import dev.muster.cli.bench.DataModes;
import dev.muster.cli.bench.Machine;
import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.EventTail;
import dev.muster.protocol.run.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster bench ranges}. */
@Command(
    name = "ranges",
    description = "What leased ranges cost: one model with equal shares and with ranges, by turns.",
    footer = {
      "",
      "A run counts from its first committed step to its last. The mode that goes first changes"
          + " with each pair.",
      "",
      "Examples:",
      "  muster bench ranges",
      "  muster bench ranges --pairs 9 --range-size 4 -Dmuster.worker.settings.hidden=256"
    })
final class RangesCommand implements Callable<Integer> {
  private static final long RUN_TIMEOUT_NS = TimeUnit.MINUTES.toNanos(30);

  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(names = "--pairs", paramLabel = "N", description = "Runs of each mode. Default: 5.")
  private int pairs = 5;

  @Option(names = "--ranks", paramLabel = "N", description = "World size. Default: 2.")
  private int ranks = 2;

  @Option(names = "--steps", paramLabel = "N", description = "Of each run. Default: 1000.")
  private int steps = 1000;

  @Option(
      names = "--range-size",
      paramLabel = "N",
      description = "Most samples of a range. Default: 8, of the default batch of 32.")
  private int rangeSize = 8;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Where the run folders go. Default: a new one in runs/.")
  private Path dir;

  @Option(names = "-D", paramLabel = "key=value", description = "Any key of the configuration.")
  private Map<String, String> keys = Map.of();

  @Override
  public Integer call() throws Exception {
    var out = spec.commandLine().getOut();
    var parent =
        Files.createDirectories(
            dir == null ? Path.of("runs", "ranges-" + ProcessHandle.current().pid()) : dir);
    Machine.lines().forEach(out::println);
    out.printf(
        "%d ranks, %d steps, ranges of %d, folders in %s%n",
        ranks, steps, rangeSize, parent.toAbsolutePath());
    var measured = new ArrayList<DataModes.Pair>();
    for (int i = 0; i < pairs; i++) {
      measured.add(pair(parent, i));
      out.println(new DataModes(measured).lines().get(i));
      out.flush();
    }
    var all = new DataModes(measured);
    out.println(all.lines().getLast());
    out.printf(Locale.ROOT, "a step lasts %.2f ms longer%n", all.addedMs());
    return ExitCodes.SUCCESS;
  }

  private DataModes.Pair pair(Path parent, int i) throws IOException, InterruptedException {
    double leasedFirst = i % 2 == 1 ? stepsPerSecond(parent, "leased", i) : 0;
    double step = stepsPerSecond(parent, "step", i);
    double leased = i % 2 == 1 ? leasedFirst : stepsPerSecond(parent, "leased", i);
    return new DataModes.Pair(step, leased);
  }

  private double stepsPerSecond(Path parent, String mode, int i)
      throws IOException, InterruptedException {
    var flags = new ArrayList<>(List.of("--model", "mlp", "--workers", "" + ranks));
    flags.addAll(List.of("--spares", "0", "--steps", "" + steps, "-Dmuster.data.mode=" + mode));
    flags.add("-Dmuster.data.range-size=" + (mode.equals("leased") ? rangeSize : 0));
    keys.forEach((key, value) -> flags.add("-D" + key + "=" + value));
    var run = BenchRun.start(parent.resolve(mode + "-" + i).toAbsolutePath(), flags);
    Result result =
        run.await(RUN_TIMEOUT_NS)
            .orElseThrow(() -> UserError.failed("a run ended without a result: log=" + run.log()));
    if (result.exitCode() != ExitCodes.SUCCESS
        || !result.samples().exactlyOnce()
        || !result.recoveries().isEmpty()) {
      throw UserError.failed("a run was disturbed: " + result.reason() + " log=" + run.log());
    }
    return rate(new EventTail(run.folder().events()).poll());
  }

  /** The first step is committed when the master says that it trains. */
  private double rate(List<Event> events) {
    long from = at(events, text -> text.equals("training"));
    long to = at(events, text -> text.startsWith("the last step is committed"));
    return (steps - 1) * 1000.0 / (to - from);
  }

  private static long at(List<Event> events, Predicate<String> text) {
    return events.stream()
        .filter(event -> event.topic().equals("job.detail") && text.test(event.text()))
        .findFirst()
        .orElseThrow(() -> UserError.failed("a run did not say when it trained"))
        .atEpochMillis();
  }
}
