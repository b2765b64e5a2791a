package dev.muster.simulator.drill;

/**
 * Safety, then liveness: faults that heal everywhere at random hide livelocks, so at the end no
 * fault begins any more, a part of the nodes stays down for good, and the rest must train.
 *
 * @param livenessNs length of the second phase, 0: there is none
 * @param core share of the nodes that are healthy in it
 */
public record Phases(long livenessNs, double core) {
  public static final Phases SAFETY = new Phases(0, 1);
}
