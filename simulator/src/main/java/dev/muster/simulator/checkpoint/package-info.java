/**
 * Where training states lie in the simulated world when a job makes checkpoints of its own: in the
 * memory of hosts and on storage. What becomes of them is decided by the production cores alone.
 */
package dev.muster.simulator.checkpoint;
