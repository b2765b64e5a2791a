package dev.muster.cli.console;

import java.util.List;

/** The first words of a run. Pure. */
public final class Header {
  private Header() {}

  public static List<String> lines(
      String model, String data, int workers, int spares, String devices, String folder) {
    return List.of(
        "model    " + model,
        "data     " + data,
        "workers  "
            + workers
            + (spares > 0 ? " + " + Figures.count(spares, "warm spare", "warm spares") : ""),
        "devices  " + devices,
        "files    " + folder);
  }
}
