package dev.muster.simulator.hardware;

/**
 * Where a section of a profile comes from.
 *
 * @param confidence A: read in the source itself; B: consistent copies of it; C: our assumption
 */
public record Figure(String section, String source, String confidence) {
  @Override
  public String toString() {
    return section + " [" + confidence + "] " + source;
  }
}
