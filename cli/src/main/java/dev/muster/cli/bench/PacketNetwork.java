package dev.muster.cli.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where the other process of a measurement lives: on this host's loopback, or in a network
 * namespace behind a pair of virtual interfaces whose packets have a real size.
 */
public interface PacketNetwork extends AutoCloseable {
  /** What starts a command there. */
  List<String> prefix();

  String peerAddress();

  /** Of this end, as the peer sees it. */
  String ownAddress();

  /** Of this end and of the peer's, as the kernel calls them. */
  List<String> devices();

  @Override
  void close();

  static PacketNetwork loopback() {
    return new PacketNetwork() {
      @Override
      public List<String> prefix() {
        return List.of();
      }

      @Override
      public String peerAddress() {
        return "127.0.0.1";
      }

      @Override
      public String ownAddress() {
        return "127.0.0.1";
      }

      @Override
      public List<String> devices() {
        return List.of("lo", "lo");
      }

      @Override
      public void close() {}
    };
  }

  /**
   * A namespace of this process, removed on close.
   *
   * @param mtuBytes of its interfaces, for example 1500
   * @throws IOException not permitted (needs root), or no {@code ip} command
   */
  static PacketNetwork namespace(int mtuBytes) throws IOException {
    return VirtualPair.create(mtuBytes);
  }

  /** Runs the kernel's command. */
  static void ip(String... arguments) throws IOException {
    var command = new ArrayList<>(List.of("ip"));
    command.addAll(Arrays.asList(arguments));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IOException(String.join(" ", command) + ": " + said.strip());
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** Two ends of a cable: one here, one in the namespace. */
  record VirtualPair(String name, String peerAddress) implements PacketNetwork {
    private static VirtualPair create(int mtuBytes) throws IOException {
      long pid = ProcessHandle.current().pid();
      int subnet = (int) (pid % 256); // of 198.18.0.0/15, for benchmarks (RFC 2544)
      var pair = new VirtualPair("muster-" + pid, "198.18." + subnet + ".2");
      var here = pair.devices().get(0);
      var there = pair.devices().get(1);
      try {
        ip("netns", "add", pair.name);
        ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", pair.name);
        ip("addr", "add", pair.ownAddress() + "/30", "dev", here);
        ip("link", "set", here, "mtu", "" + mtuBytes, "up");
        ip("-n", pair.name, "addr", "add", pair.peerAddress + "/30", "dev", there);
        ip("-n", pair.name, "link", "set", there, "mtu", "" + mtuBytes, "up");
        ip("-n", pair.name, "link", "set", "lo", "up");
        return pair;
      } catch (IOException e) {
        pair.close();
        throw e;
      }
    }

    @Override
    public List<String> prefix() {
      return List.of("ip", "netns", "exec", name);
    }

    @Override
    public String ownAddress() {
      return peerAddress.substring(0, peerAddress.length() - 1) + "1";
    }

    @Override
    public List<String> devices() {
      long pid = ProcessHandle.current().pid();
      return List.of("mb" + pid, "mp" + pid);
    }

    /** The interfaces go with the namespace. */
    @Override
    public void close() {
      try {
        ip("netns", "del", name);
      } catch (IOException e) {
        // never made
      }
    }
  }
}
