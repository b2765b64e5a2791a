package dev.muster.simulator.data;

/**
 * Steps of the final history that one group committed.
 *
 * @param from last step before them
 * @param to the last of them
 */
record GroupRun(long generation, int worldSize, long from, long to) {
  GroupRun upTo(long step) {
    return new GroupRun(generation, worldSize, from, Math.min(step, to));
  }
}
