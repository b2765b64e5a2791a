package dev.muster.worker.checkpoint.peer;

import dev.muster.collectives.bulk.AeronSettings;
import dev.muster.collectives.bulk.BulkLimits;
import dev.muster.collectives.bulk.BulkTransport;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class AeronPeerStoreTest extends PeerStoreContract {
  @TempDir private Path media;

  @Override
  BulkTransport transport(BulkLimits limits) throws IOException {
    return BulkTransport.aeron(KEY, limits, AeronSettings.in(media));
  }
}
