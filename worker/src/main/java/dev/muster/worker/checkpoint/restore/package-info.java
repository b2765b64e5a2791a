/**
 * A state for any layout, from a state of any other: each tensor's box is filled from the boxes
 * that hold parts of it, be they in the memory of this host or in a checkpoint. Nothing is loaded
 * before all of it was found and verified.
 *
 * <p>Reading order: {@link dev.muster.worker.checkpoint.restore.StateSource}, {@link
 * dev.muster.worker.checkpoint.restore.Restore}, {@link dev.muster.worker.checkpoint.restore.Plan}.
 * Knows no actors and no groups.
 */
package dev.muster.worker.checkpoint.restore;
