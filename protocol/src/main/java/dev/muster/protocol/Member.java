package dev.muster.protocol;

/**
 * A worker's place in a group.
 *
 * @param rank 0-based, below the group's world size
 */
public record Member(WorkerId worker, int rank) {}
