package dev.muster.collectives.bulk;

import java.lang.foreign.MemorySegment;

/**
 * Something to be moved.
 *
 * @param header describes it to the receiver, opaque to the transport, at most {@link
 *     BulkLimits#HEADER_BYTES_MAX}
 * @param source closed by the transport, whatever happens
 */
public record Offer(byte[] header, Source source) {
  public static Offer of(byte[] header, MemorySegment memory) {
    return new Offer(header, Source.of(memory));
  }
}
