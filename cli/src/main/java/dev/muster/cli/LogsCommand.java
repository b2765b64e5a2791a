package dev.muster.cli;

import dev.muster.cli.process.Interrupts;
import dev.muster.cli.process.RankHistory;
import dev.muster.cli.process.RunsDirectory;
import dev.muster.protocol.run.LineTail;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFiles;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code muster logs}. */
@Command(
    name = "logs",
    description = "Show what a worker printed.",
    footer = {
      "",
      "Examples:",
      "  muster logs --rank 2          the worker that has (or last had) rank 2 in the newest run",
      "  muster logs --rank 2 -f       and follow",
      "  muster logs --worker n0/5     one worker process, also a dead one"
    })
final class LogsCommand implements Callable<Integer> {
  private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(200);

  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(
      names = "--rank",
      paramLabel = "R",
      description = "Rank whose present or last worker is meant.")
  private Integer rank;

  @Option(names = "--worker", paramLabel = "NODE/NUMBER", description = "A worker by its id.")
  private String worker;

  @Option(
      names = "--stream",
      paramLabel = "stdout|stderr",
      description = "Only this one. Default: both.")
  private String stream;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on until the run ends.")
  private boolean follow;

  @Parameters(
      arity = "0..1",
      paramLabel = "RUN",
      description = "Run id or folder. Default: the newest.")
  private String run;

  @Override
  public Integer call() throws Exception {
    if ((rank == null) == (worker == null)) {
      throw UserError.usage(
          "name one worker: expected exactly one of --rank R and --worker NODE/NUMBER");
    }
    var folder = RunsDirectory.standard().find(run);
    show(folder, worker == null ? new RankHistory(folder).worker(rank) : worker);
    return ExitCodes.SUCCESS;
  }

  private void show(RunFolder folder, String id) throws IOException, InterruptedException {
    var home = folder.logs().resolve(id.replace('/', '-'));
    if (!Files.isDirectory(home)) {
      throw UserError.failed("no log of that worker: worker=" + id + " folder=" + home);
    }
    var tails = new ArrayList<LineTail>();
    for (var name : stream == null ? new String[] {"stdout", "stderr"} : new String[] {stream}) {
      tails.add(new LineTail(home.resolve(name + ".log")));
    }
    var out = spec.commandLine().getOut();
    var pause = Interrupts.none();
    boolean ended;
    do {
      ended = !follow || ended(folder);
      for (var tail : tails) {
        for (var lines = tail.poll(); !lines.isEmpty(); lines = tail.poll()) {
          lines.forEach(out::println);
        }
      }
      out.flush();
    } while (!ended && pause.await(POLL_NS) == 0);
  }

  private static boolean ended(RunFolder folder) throws IOException {
    return RunFiles.read(folder.result(), Result.class).isPresent();
  }
}
