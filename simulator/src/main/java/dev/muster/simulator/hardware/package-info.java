/**
 * Hardware profiles: how often what breaks, each number with its source; and the faults that
 * follow.
 */
package dev.muster.simulator.hardware;
