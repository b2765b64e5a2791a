package dev.muster.collectives.bulk;

import java.lang.foreign.MemorySegment;

/**
 * An open, proved connection to a {@link BulkServer}. Carries one transfer after the other; open
 * several for several at once. Calls block their thread, and all memory is touched by it alone. An
 * error other than {@link TransferException.Kind#REFUSED} ends the connection.
 *
 * <p>{@link #close} may be called by any thread: a transfer under way throws {@link
 * TransferException.Kind#CLOSED} at once.
 */
public interface BulkConnection extends AutoCloseable {
  /**
   * What came.
   *
   * @param header the server's description
   */
  record Fetched(byte[] header, long sizeBytes) {}

  /**
   * Asks the server for something; its {@link BulkHandler#fetch} answers.
   *
   * @param request opaque, at most {@link BulkLimits#HEADER_BYTES_MAX}
   * @param destinations says where it goes once its header and size are known
   * @throws TransferException definite: the destination was not completed, nothing of it may be
   *     used
   */
  Fetched fetch(byte[] request, Destinations destinations) throws TransferException;

  /** Into the start of {@code memory}; refused when it is too small. */
  default Fetched fetch(byte[] request, MemorySegment memory) throws TransferException {
    return fetch(request, Destinations.into(memory));
  }

  /**
   * Offers something to the server; returns when it has all of it, verified and completed.
   *
   * @throws TransferException {@link TransferException#definite} says whether the server may have
   *     completed it all the same
   */
  void push(Offer offer) throws TransferException;

  @Override
  void close();
}
