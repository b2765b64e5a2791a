package dev.muster.collectives.bulk;

import dev.muster.collectives.bulk.TransferException.Kind;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The listening end of one connection; runs on a thread of its own until either end closes. */
final class ServerConnection implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(ServerConnection.class);

  private final Link link;
  private final Opening opening;
  private final Carrier.Factory carriers;
  private final int blockBytes;
  private final BulkHandler handler;

  ServerConnection(
      Link link, Opening opening, Carrier.Factory carriers, int blockBytes, BulkHandler handler) {
    this.link = link;
    this.opening = opening;
    this.carriers = carriers;
    this.blockBytes = blockBytes;
    this.handler = handler;
  }

  @Override
  public void run() {
    try (link) {
      opening.server(link);
      try (var carrier = carriers.of(link)) {
        serve(carrier);
      }
    } catch (TransferException e) {
      tell(e);
    } catch (RuntimeException e) {
      LOG.error("bulk connection broke: peer={}", link.peer(), e);
    }
  }

  private void serve(Carrier carrier) throws TransferException {
    for (var frame = link.nextOrEnd(); frame.isPresent(); frame = link.nextOrEnd()) {
      try {
        serveOne(frame.get(), carrier);
      } catch (TransferException e) {
        if (e.kind() != Kind.REFUSED) {
          throw e;
        }
        LOG.info(
            "bulk transfer refused: peer={} reason={}", link.peer(), e.getMessage(), e.getCause());
      }
    }
  }

  private void serveOne(Frame frame, Carrier carrier) throws TransferException {
    byte[] header;
    if (frame.kind() == Frame.Kind.FETCH) {
      header = link.payload(frame);
      var offer = Blocks.decided(link, () -> handler.fetch(header));
      new Sending(link, carrier, blockBytes).run(offer);
    } else {
      var receiving = new Receiving(link, carrier, frame);
      header = link.payload(frame);
      receiving.run(header, handler);
    }
  }

  private void tell(TransferException e) {
    if (e.kind() == Kind.UNTRUSTED || e.kind() == Kind.MALFORMED) {
      LOG.warn("bulk connection refused: {}", e.getMessage());
    } else if (e.kind() != Kind.CLOSED) {
      LOG.info("bulk connection ended: {}", e.getMessage());
    }
  }

  void close() {
    link.close();
  }
}
