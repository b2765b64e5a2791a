package dev.muster.collectives.bulk;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * Moves regions of 0 bytes to many GiB between processes on different hosts. A node serves what its
 * {@link BulkHandler} offers and takes; others {@link #connect}, fetch and push.
 *
 * <p>Both ends of a connection prove that they know the key before anything else is read. That
 * proves who opened the connection, not what follows: on a network others can write to, use a
 * tunnel. Every block carries a CRC32C that the receiver verifies before it hands the block over or
 * acknowledges it, so what arrives is what was sent, or an error.
 *
 * <p>Thread-safe. Transfers never run on a caller's actor thread unless it calls {@link
 * BulkConnection} itself, which blocks.
 */
public interface BulkTransport extends AutoCloseable {
  /** Any free port of the loopback interface. */
  InetSocketAddress LOOPBACK = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  /** Shortest key, in bytes. */
  int KEY_BYTES_MIN = 32;

  /**
   * Blocks travel over the same TCP connection as everything else.
   *
   * @param key what both ends must know, {@value #KEY_BYTES_MIN} bytes or more; copied
   */
  static BulkTransport tcp(byte[] key, BulkLimits limits) {
    return new ConnectedTransport(key, limits, SocketCarrier::new);
  }

  /**
   * Blocks travel over Aeron UDP, everything else over a TCP connection. The media driver runs in
   * this process, until the transport is closed. Needs the JVM flag {@code
   * --add-exports=java.base/jdk.internal.misc=ALL-UNNAMED}.
   *
   * @param key what both ends must know, {@value #KEY_BYTES_MIN} bytes or more; copied
   * @throws IOException no room for the driver's memory, or it does not start
   */
  static BulkTransport aeron(byte[] key, BulkLimits limits, AeronSettings settings)
      throws IOException {
    var media = AeronMedia.start(settings);
    return new ConnectedTransport(key, limits, link -> new AeronCarrier(link, media), media::close);
  }

  /**
   * Serves until the server is closed.
   *
   * @param address to listen on; {@link #LOOPBACK} unless other hosts must reach it
   * @throws IOException cannot listen there
   */
  BulkServer serve(InetSocketAddress address, BulkHandler handler) throws IOException;

  /**
   * Opens a connection; returns when both ends have proved the key.
   *
   * @throws TransferException nobody listens, or the proof failed
   */
  BulkConnection connect(InetSocketAddress address) throws TransferException;

  /**
   * Closes what it serves and what it connected, waits until no transfer touches memory any more,
   * then closes what it holds itself.
   */
  @Override
  void close();
}
