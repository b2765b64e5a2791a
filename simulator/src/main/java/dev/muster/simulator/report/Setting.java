package dev.muster.simulator.report;

import java.util.List;

/**
 * What was played.
 *
 * @param drill its name
 * @param replay the command that plays a seed again, with {@code {seed}} where its number goes
 * @param nodesPerRack lanes of a large fleet are racks
 * @param slotsPerNode one stands for a GPU; there may be one more, for a warm spare
 * @param build version of Muster
 * @param format version of the simulator: another one may play another history
 * @param checks names of the invariants that were checked
 * @param modelled what is not computed by production code
 */
public record Setting(
    String drill,
    String replay,
    long horizonNs,
    int nodes,
    int nodesPerRack,
    int slotsPerNode,
    int workers,
    int spares,
    String build,
    int format,
    List<String> checks,
    List<Modelled> modelled) {

  /**
   * @param source where the value comes from
   */
  public record Modelled(String what, String value, String source) {}

  public Setting {
    checks = List.copyOf(checks);
    modelled = List.copyOf(modelled);
  }

  public long slots() {
    return (long) nodes * slotsPerNode;
  }

  /** The command that plays this seed again. */
  public String replay(long seed) {
    return replay.replace("{seed}", Long.toString(seed));
  }
}
