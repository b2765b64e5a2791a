package dev.muster.worker.checkpoint.peer;

import dev.muster.collectives.bulk.BulkLimits;
import dev.muster.collectives.bulk.BulkTransport;

class TcpPeerStoreTest extends PeerStoreContract {
  @Override
  BulkTransport transport(BulkLimits limits) {
    return BulkTransport.tcp(KEY, limits);
  }
}
