package dev.muster.worker.checkpoint.peer;

import dev.muster.worker.checkpoint.snapshot.SnapshotImage;

/**
 * What comes with a snapshot that is sent: the header of a push, and of the answer to a {@link
 * Request}.
 *
 * @param run whose state it is
 * @param node that sends it, for messages
 * @param name of the snapshot there
 */
record Shipment(String run, String node, String name, SnapshotImage image) {
  String describe() {
    return "snapshot=" + name + " from=" + node + " " + image.point();
  }
}
