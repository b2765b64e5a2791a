package dev.muster.simulator.fault;

/**
 * When faults may be.
 *
 * @param untilNs none begins later
 * @param healed whether each ends by then, however long it was meant to be
 */
public record Window(long untilNs, boolean healed) {
  Fault clipped(Fault fault) {
    boolean late = healed && fault.forNs() > untilNs - fault.atNs();
    return late ? fault.lasting(untilNs - fault.atNs()) : fault;
  }
}
