package dev.muster.cli;

import dev.muster.cli.process.Programs;
import java.util.List;

/** What this host trains on, in words. */
final class Devices {
  private Devices() {}

  static String text() {
    int cores = Runtime.getRuntime().availableProcessors();
    var cpu = "CPU, " + cores + (cores == 1 ? " core" : " cores");
    if (!Programs.onPath("nvidia-smi")) {
      return cpu;
    }
    return Programs.output(List.of("nvidia-smi", "--query-gpu=name", "--format=csv,noheader"))
        .map(text -> text.strip().replace("\n", ", "))
        .orElse(cpu);
  }
}
