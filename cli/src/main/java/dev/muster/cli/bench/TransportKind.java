package dev.muster.cli.bench;

import dev.muster.collectives.bulk.AeronSettings;
import dev.muster.collectives.bulk.BulkLimits;
import dev.muster.collectives.bulk.BulkTransport;
import java.io.IOException;
import java.nio.file.Path;

/** What {@code muster bench transport} compares. */
public enum TransportKind {
  TCP("tcp", 1, 0),
  TCP_TWICE("tcp x2", 2, 0),
  AERON("aeron", 1, 0),
  AERON_TWICE("aeron x2", 2, 0),
  /** As on a network of 1,500-byte packets. */
  AERON_SMALL("aeron mtu 1408", 1, 1408),
  /** The largest datagrams; the kernel cuts them where the network needs it. */
  AERON_LARGE("aeron mtu 65504", 1, 65504);

  private static final byte[] KEY = new byte[BulkTransport.KEY_BYTES_MIN]; // guards nothing here

  private final String label;
  private final int connections;
  private final int mtuBytes;

  TransportKind(String label, int connections, int mtuBytes) {
    this.label = label;
    this.connections = connections;
    this.mtuBytes = mtuBytes;
  }

  public String label() {
    return label;
  }

  /** That share one transfer. */
  int connections() {
    return connections;
  }

  /**
   * @param folder of the media driver, where it needs one
   */
  BulkTransport open(Path folder) throws IOException {
    if (this == TCP || this == TCP_TWICE) {
      return BulkTransport.tcp(KEY, BulkLimits.DEFAULT);
    }
    var tuned = AeronSettings.in(folder).withMtuBytes(mtuBytes);
    return BulkTransport.aeron(KEY, BulkLimits.DEFAULT, tuned);
  }
}
