package dev.muster.collectives.bulk;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;

/** What fits into one packet of an interface, as Aeron counts it. */
final class Mtu {
  private static final int HEADERS_BYTES = 48; // IPv6 and UDP
  private static final int MAX_BYTES = 65504;
  private static final int DEFAULT_BYTES = 1408;

  private Mtu() {}

  /** Of the interface with this address. */
  static int of(InetAddress local) {
    try {
      var found = NetworkInterface.getByInetAddress(local);
      return found == null ? DEFAULT_BYTES : payload(found.getMTU());
    } catch (IOException e) {
      return DEFAULT_BYTES;
    }
  }

  static int payload(int interfaceBytes) {
    return Math.clamp((interfaceBytes - HEADERS_BYTES) & -32, 32, MAX_BYTES);
  }
}
