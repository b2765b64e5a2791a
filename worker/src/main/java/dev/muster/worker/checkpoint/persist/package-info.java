/**
 * From one rank's snapshot to its shard in a storage: which tensors it writes for all, and how it
 * writes them while training goes on. Knows no actors and no groups.
 */
package dev.muster.worker.checkpoint.persist;
