/**
 * One rank's state in shared memory: written by the worker, outliving it, read by whoever restores
 * or copies it on. Two buffers take turns, so that one complete snapshot is there at any instant; a
 * third is taken when a reader is in the way, so that no save waits for one.
 *
 * <p>Reading order: {@link dev.muster.worker.checkpoint.snapshot.SnapshotFile} (the bytes), {@link
 * dev.muster.worker.checkpoint.snapshot.SnapshotWriter}, {@link
 * dev.muster.worker.checkpoint.snapshot.SnapshotReader}. Knows no actors and no master.
 */
package dev.muster.worker.checkpoint.snapshot;
