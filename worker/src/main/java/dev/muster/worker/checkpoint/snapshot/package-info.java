/**
 * One rank's state in shared memory: written by the worker, outliving it, read by whoever restores
 * or copies it on. Two halves take turns, so that one complete snapshot is there at any instant.
 *
 * <p>Reading order: {@link dev.muster.worker.checkpoint.snapshot.SnapshotFile} (the bytes), {@link
 * dev.muster.worker.checkpoint.snapshot.SnapshotWriter}, {@link
 * dev.muster.worker.checkpoint.snapshot.SnapshotReader}. Knows no actors and no master.
 */
package dev.muster.worker.checkpoint.snapshot;
