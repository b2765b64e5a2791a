package dev.muster.collectives.bulk;

import java.time.Duration;

/**
 * @param blockBytes what one checksum covers and what is sent at once, 1 KiB to {@link
 *     #BLOCK_BYTES_MAX}; too small costs calls, too large leaves the processor's cache between
 *     checksum and copy
 * @param silence how long a peer may make no progress within a transfer, and how long a server may
 *     take to decide or to complete; too short fails busy peers, too long delays the news of a dead
 *     host (a dead process is noticed at once)
 * @param connections served at once; more wait to be accepted
 */
public record BulkLimits(int blockBytes, Duration silence, int connections) {
  /** Longest request or header. */
  public static final int HEADER_BYTES_MAX = 64 << 10;

  public static final int BLOCK_BYTES_MAX = 4 << 20;

  public static final BulkLimits DEFAULT = new BulkLimits(1 << 20, Duration.ofSeconds(15), 256);

  private static final int BLOCK_BYTES_MIN = 1 << 10;

  public BulkLimits {
    require(
        blockBytes >= BLOCK_BYTES_MIN && blockBytes <= BLOCK_BYTES_MAX, "blockBytes", blockBytes);
    require(silence.toMillis() >= 1, "silence", silence);
    require(connections >= 1, "connections", connections);
  }

  public BulkLimits withBlockBytes(int bytes) {
    return new BulkLimits(bytes, silence, connections);
  }

  public BulkLimits withSilence(Duration limit) {
    return new BulkLimits(blockBytes, limit, connections);
  }

  static byte[] checkedHeader(byte[] header) {
    require(header.length <= HEADER_BYTES_MAX, "header.length", header.length);
    return header;
  }

  private static void require(boolean holds, String name, Object actual) {
    if (!holds) {
      throw new IllegalArgumentException("out of range: " + name + "=" + actual);
    }
  }
}
