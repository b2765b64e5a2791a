/** Failure drills: a cluster, a job and its faults from a file, played with one seed or many. */
package dev.muster.simulator.drill;
