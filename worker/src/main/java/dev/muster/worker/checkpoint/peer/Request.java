package dev.muster.worker.checkpoint.peer;

import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;

/**
 * Asks a node for a snapshot, whatever its name there.
 *
 * @param run whose state it is
 * @param node that asks, for messages
 */
record Request(String run, String node, SnapshotPoint point) {}
