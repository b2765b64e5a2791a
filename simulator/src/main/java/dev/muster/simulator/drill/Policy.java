package dev.muster.simulator.drill;

/**
 * What the master decides with; a drill compares two of them on the same seeds.
 *
 * @param spares warm spare workers
 * @param leaseNs an agent without a renewed lease stops its ranks
 * @param beatNs between two beats of an agent
 * @param hangFactor no progress for that many times the 99th percentile of a step is a hang
 * @param hangFloorNs no verdict before this
 */
public record Policy(
    int minWorkers,
    int spares,
    boolean replace,
    long leaseNs,
    long beatNs,
    long lastCallNs,
    long startTimeoutNs,
    double hangFactor,
    long hangFloorNs) {}
