package dev.muster.collectives.bulk;

import java.net.InetSocketAddress;

/** What listens for a {@link BulkHandler}. Thread-safe. */
public interface BulkServer extends AutoCloseable {
  /** Where it listens, with the port that was found free. */
  InetSocketAddress address();

  /**
   * Ends every transfer under way, interrupts handlers, and returns when none of them touches
   * memory any more.
   */
  @Override
  void close();
}
