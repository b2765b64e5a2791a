package dev.muster.collectives.bulk;

import org.agrona.concurrent.IdleStrategy;

/**
 * Waits for a stream beside the connection: backs off to sleeping, looks at the connection, and
 * ends when there was no progress for too long. One thread.
 */
final class Patience {
  private static final int LOOK_EVERY = 16;

  private final Link link;
  private final Link.Watch watch;
  private final IdleStrategy idle = AeronMedia.kind();
  private long progressNs = System.nanoTime();
  private int waits;

  Patience(Link link, Link.Watch watch) {
    this.link = link;
    this.watch = watch;
  }

  /** Between two tries. */
  void wait(boolean progress) throws TransferException {
    if (progress) {
      progressNs = System.nanoTime();
      waits = 0;
      idle.reset();
      return;
    }
    if (++waits % LOOK_EVERY == 0) {
      look();
    }
    idle.idle();
  }

  private void look() throws TransferException {
    watch.look();
    if (System.nanoTime() - progressNs > link.silenceMs() * 1_000_000) {
      throw link.silent();
    }
  }
}
