package dev.muster.cli;

import dev.muster.cli.process.RunsDirectory;
import dev.muster.collectives.flight.Diagnosis;
import dev.muster.collectives.flight.FlightReport;
import dev.muster.collectives.shared.FlightFiles;
import dev.muster.protocol.run.RunFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code muster flights}. */
@Command(
    name = "flights",
    description = "Show what each rank called last, and who keeps the others waiting.",
    footer = {
      "",
      "Of a run that goes on, as it is now, without disturbing it; then what the agents kept of"
          + " groups",
      "that ended. Times are before now, or before the end of the group.",
      "",
      "Examples:",
      "  muster flights                the newest run",
      "  muster flights --last 1024    all that the flight recorders hold"
    })
final class FlightsCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(names = "--last", paramLabel = "N", description = "Calls of each rank. Default: 4.")
  private int last = 4;

  @Parameters(
      arity = "0..1",
      paramLabel = "RUN",
      description = "Run id or folder. Default: the newest.")
  private String run;

  @Override
  public Integer call() throws IOException {
    var folder = RunsDirectory.standard().find(run);
    for (var host : folder.sharedOfAllHosts()) {
      live(host);
    }
    kept(folder);
    spec.commandLine().getOut().flush();
    return ExitCodes.SUCCESS;
  }

  private void live(Path host) {
    PrintWriter out = spec.commandLine().getOut();
    for (var group : FlightFiles.newest(host, last)) {
      long nowNs = System.nanoTime();
      var diagnosis = Diagnosis.decide(group.name(), group.standings(), group.arrivals(), nowNs);
      out.printf("group %s generation %d now, in %s:%n", group.name(), group.generation(), host);
      FlightReport.lines(group.name(), diagnosis, group.recordings(), last, nowNs)
          .forEach(out::println);
    }
  }

  private void kept(RunFolder folder) throws IOException {
    if (!Files.isDirectory(folder.agents())) {
      return;
    }
    try (var files = Files.list(folder.agents())) {
      for (var file :
          files
              .filter(f -> f.getFileName().toString().endsWith(RunFolder.FLIGHTS_SUFFIX))
              .sorted()
              .toList()) {
        List<String> lines = Files.readAllLines(file);
        spec.commandLine().getOut().println(file.getFileName() + ":");
        lines.forEach(spec.commandLine().getOut()::println);
      }
    }
  }
}
