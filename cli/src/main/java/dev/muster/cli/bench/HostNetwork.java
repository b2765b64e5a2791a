package dev.muster.cli.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Several hosts of a measurement: this one, and network namespaces at one switch (a bridge), over
 * which packets have a real size; or all of them at the loopback interface.
 */
public final class HostNetwork implements AutoCloseable {
  private final int hosts;
  private final String subnet; // "198.18.N."; null at the loopback interface
  private final long pid = ProcessHandle.current().pid();

  private HostNetwork(int hosts, String subnet) {
    this.hosts = hosts;
    this.subnet = subnet;
  }

  public static HostNetwork loopback(int hosts) {
    return new HostNetwork(hosts, null);
  }

  /**
   * Removed on close.
   *
   * @param mtuBytes of all interfaces, for example 1500
   * @throws IOException not permitted (needs root), or no {@code ip} command
   */
  public static HostNetwork namespaces(int hosts, int mtuBytes) throws IOException {
    long pid = ProcessHandle.current().pid();
    var network = new HostNetwork(hosts, "198.18." + pid % 256 + "."); // RFC 2544
    try {
      network.create("" + mtuBytes);
      return network;
    } catch (IOException e) {
      network.close();
      throw e;
    }
  }

  private void create(String mtu) throws IOException {
    PacketNetwork.ip("link", "add", device(0), "mtu", mtu, "type", "bridge");
    PacketNetwork.ip("addr", "add", address(0) + "/24", "dev", device(0));
    PacketNetwork.ip("link", "set", device(0), "up");
    for (int host = 1; host < hosts; host++) {
      PacketNetwork.ip("netns", "add", name(host));
      PacketNetwork.ip(
          "link",
          "add",
          port(host),
          "mtu",
          mtu,
          "type",
          "veth",
          "peer",
          "name",
          device(host),
          "mtu",
          mtu,
          "netns",
          name(host));
      PacketNetwork.ip("link", "set", port(host), "master", device(0), "up");
      PacketNetwork.ip("-n", name(host), "link", "set", "lo", "up");
      PacketNetwork.ip("-n", name(host), "addr", "add", address(host) + "/24", "dev", device(host));
      PacketNetwork.ip("-n", name(host), "link", "set", device(host), "up");
    }
  }

  public int hosts() {
    return hosts;
  }

  /** Of the namespace. */
  String name(int host) {
    return "muster-" + pid + "-" + host;
  }

  /** Of a host's cable, the end at the switch. */
  private String port(int host) {
    return "mb" + pid + "-" + host;
  }

  /** Through which a host sends. */
  String device(int host) {
    return subnet == null ? "lo" : "mp" + pid + "-" + host;
  }

  String address(int host) {
    return subnet == null ? "127.0.0." + (host + 1) : subnet + (host + 1);
  }

  /** All addresses. */
  String range() {
    return subnet == null ? "127.0.0.0/8" : subnet + "0/24";
  }

  boolean isLoopback() {
    return subnet == null;
  }

  /** What starts a command on a host. */
  List<String> prefix(int host) {
    return subnet == null || host == 0 ? List.of() : List.of("ip", "netns", "exec", name(host));
  }

  ProcessBuilder process(int host, List<String> command) {
    var all = new ArrayList<>(prefix(host));
    all.addAll(command);
    return new ProcessBuilder(all);
  }

  /** The cables go with the namespaces. */
  @Override
  public void close() {
    for (int host = 1; host < hosts && subnet != null; host++) {
      quietly("netns", "del", name(host));
    }
    if (subnet != null) {
      quietly("link", "del", device(0));
    }
  }

  private static void quietly(String... arguments) {
    try {
      PacketNetwork.ip(arguments);
    } catch (IOException e) {
      // never made
    }
  }
}
