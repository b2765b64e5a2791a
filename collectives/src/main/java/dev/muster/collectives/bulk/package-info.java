/**
 * Moves large regions of memory between processes of different hosts: {@link
 * dev.muster.collectives.bulk.BulkTransport}.
 */
package dev.muster.collectives.bulk;
