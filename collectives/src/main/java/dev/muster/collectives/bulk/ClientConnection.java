package dev.muster.collectives.bulk;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** The connecting end. */
final class ClientConnection implements BulkConnection {
  private final Link link;
  private final Carrier carrier;
  private final int blockBytes;
  private final Consumer<ClientConnection> onClose;
  private final ReentrantLock inUse = new ReentrantLock();

  /** {@code link} is open and proved. */
  ClientConnection(Link link, Carrier carrier, int blockBytes, Consumer<ClientConnection> onClose) {
    this.link = link;
    this.carrier = carrier;
    this.blockBytes = blockBytes;
    this.onClose = onClose;
  }

  private interface Transfer<T> {
    T run() throws TransferException;
  }

  @Override
  public Fetched fetch(byte[] request, Destinations destinations) throws TransferException {
    BulkLimits.checkedHeader(request);
    return alone(() -> {
      link.send(Frame.Kind.FETCH, 0, request);
      var offer = link.next();
      var receiving = new Receiving(link, carrier, offer);
      byte[] header = link.payload(offer);
      receiving.run(header, destinations);
      return new Fetched(header, offer.value());
    });
  }

  @Override
  public void push(Offer offer) throws TransferException {
    alone(() -> {
      new Sending(link, carrier, blockBytes).run(offer);
      return null;
    });
  }

  private <T> T alone(Transfer<T> transfer) throws TransferException {
    if (inUse.isHeldByCurrentThread() || !inUse.tryLock()) {
      throw new IllegalStateException(
          "a transfer is under way: peer=" + link.peer() + "; open one connection for each");
    }
    boolean usable = false;
    try {
      T result = transfer.run();
      usable = true;
      return result;
    } catch (TransferException e) {
      usable = e.kind() == TransferException.Kind.REFUSED;
      throw e;
    } finally {
      leave(usable);
    }
  }

  private void leave(boolean usable) {
    if (!usable) {
      link.close();
    }
    if (link.closed()) {
      release();
    }
    inUse.unlock();
    if (link.closed() && inUse.tryLock()) { // closed just now, by one who found it in use
      releaseAndUnlock();
    }
  }

  /** The carrier is released by whoever is last: this thread, or that of the transfer. */
  @Override
  public void close() {
    link.close();
    if (!inUse.isHeldByCurrentThread() && inUse.tryLock()) {
      releaseAndUnlock();
    }
  }

  /** Also waits until no transfer touches memory or carrier any more. */
  void closeAndWait() {
    link.close();
    if (!inUse.isHeldByCurrentThread()) {
      inUse.lock();
      releaseAndUnlock();
    }
  }

  private void releaseAndUnlock() {
    try {
      release();
    } finally {
      inUse.unlock();
    }
  }

  private void release() {
    carrier.close();
    onClose.accept(this);
  }
}
