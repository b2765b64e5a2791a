package dev.muster.cli;

import dev.muster.protocol.wire.FrameFuzz;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster bench fuzz}. */
@Command(
    name = "fuzz",
    description = "Throw spoiled frames at every decoder that reads what a peer sent.",
    footer = {
      "",
      "Exit code 0 when each was taken or refused as it should be, 1 otherwise.",
      "",
      "Examples:",
      "  muster bench fuzz",
      "  muster bench fuzz --seed 7 --replay 12345     one frame of that seed"
    })
final class FuzzCommand implements Callable<Integer> {
  @Mixin private HelpOption help;
  @Spec private CommandSpec spec;

  @Option(names = "--frames", paramLabel = "N", description = "How many. Default: 1000000.")
  private long frames = 1_000_000;

  @Option(names = "--seed", paramLabel = "K", description = "Default: 1.")
  private long seed = 1;

  @Option(names = "--replay", paramLabel = "INDEX", description = "Only this frame of the seed.")
  private Long replay;

  @Override
  public Integer call() {
    var out = spec.commandLine().getOut();
    if (replay != null) {
      Optional<FrameFuzz.Finding> finding = FrameFuzz.replay(seed, replay);
      out.println(finding.map(FrameFuzz.Finding::toString).orElse("as it should be"));
      return finding.isPresent() ? ExitCodes.FAILED : ExitCodes.SUCCESS;
    }
    var report = FrameFuzz.run(seed, frames, out::println);
    out.println(report);
    return report.findingCount() == 0 ? ExitCodes.SUCCESS : ExitCodes.FAILED;
  }
}
