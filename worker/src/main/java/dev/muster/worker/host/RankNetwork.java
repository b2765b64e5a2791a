package dev.muster.worker.host;

import java.net.InetAddress;
import java.util.HexFormat;

/**
 * Where workers of this host accept ranks of other hosts.
 *
 * @param address that these can reach
 * @param key by which ranks of this run know each other, hex
 */
public record RankNetwork(InetAddress address, String key) {
  static RankNetwork of(InetAddress address, byte[] key) {
    return new RankNetwork(address, HexFormat.of().formatHex(key));
  }
}
