package dev.muster.collectives.bulk;

/**
 * What a server gives and takes. Called on the thread of the connection, several at once: must be
 * thread-safe, and may block. Throws {@link TransferException#refused} to say no; any other
 * exception is refused, too, and logged.
 */
public interface BulkHandler extends Destinations {
  /** A peer asks for {@code request}, opaque to the transport. */
  Offer fetch(byte[] request) throws TransferException;

  /** A peer wants to push; see {@link Destinations#accept}. */
  @Override
  Destination accept(byte[] header, long sizeBytes) throws TransferException;

  /** Gives, and takes nothing. */
  interface Giving extends BulkHandler {
    @Override
    default Destination accept(byte[] header, long sizeBytes) throws TransferException {
      throw TransferException.refused("this server takes nothing");
    }
  }
}
