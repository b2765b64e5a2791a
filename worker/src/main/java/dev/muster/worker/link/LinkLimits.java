package dev.muster.worker.link;

import java.time.Duration;

/**
 * Bounds of one link.
 *
 * @param handshake time for connecting peers to prove themselves; too short: a busy machine cannot
 *     connect, too long: strangers hold connections
 * @param silence a client takes the link for dead after hearing nothing this long; must be several
 *     beats
 * @param outboundFrames messages waiting to be sent; one more closes the link, because a peer that
 *     does not read is gone
 * @param outboundBytes the same in bytes
 * @param unregistered connections that may be open at once before they registered a node
 */
public record LinkLimits(
    Duration handshake,
    Duration silence,
    int outboundFrames,
    long outboundBytes,
    int unregistered) {
  public static final LinkLimits DEFAULT =
      new LinkLimits(Duration.ofSeconds(5), Duration.ofSeconds(10), 8192, 16L << 20, 64);
}
