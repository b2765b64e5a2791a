/**
 * Copies of snapshots at other hosts: {@link dev.muster.worker.checkpoint.peer.PeerStore}. Moves
 * bytes by a {@link dev.muster.collectives.bulk.BulkTransport}; knows no actors and no master, who
 * decides where copies go.
 */
package dev.muster.worker.checkpoint.peer;
