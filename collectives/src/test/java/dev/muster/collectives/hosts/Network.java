package dev.muster.collectives.hosts;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What is between two hosts of a test. */
interface Network extends AutoCloseable {
  /** What starts a command on a host. */
  List<String> prefix(int host);

  String address(int host);

  @Override
  void close();

  /** Two hosts at one loopback interface. */
  static Network loopback() {
    return new Network() {
      @Override
      public List<String> prefix(int host) {
        return List.of();
      }

      @Override
      public String address(int host) {
        return "127.0.0." + (host + 1);
      }

      @Override
      public void close() {}
    };
  }

  /** Two network namespaces with a cable between them; needs root, and iproute2. */
  final class Namespaces implements Network {
    private final String[] names = new String[2];
    private final String subnet;

    /**
     * @throws IOException not permitted; the message says what failed
     */
    Namespaces() throws IOException {
      long pid = ProcessHandle.current().pid();
      subnet = "198.19." + pid % 256 + "."; // for benchmarks (RFC 2544)
      for (int host = 0; host < 2; host++) {
        names[host] = "muster-" + pid + "-h" + host;
      }
      try {
        for (int host = 0; host < 2; host++) {
          run("ip", "netns", "add", names[host]);
          run("ip", "-n", names[host], "link", "set", "lo", "up");
        }
        run(
            "ip", "-n", names[0], "link", "add", "c0", "type", "veth", "peer", "c1", "netns",
            names[1]);
        for (int host = 0; host < 2; host++) {
          run("ip", "-n", names[host], "addr", "add", address(host) + "/30", "dev", "c" + host);
          run("ip", "-n", names[host], "link", "set", "c" + host, "up");
        }
      } catch (IOException e) {
        close();
        throw e;
      }
    }

    @Override
    public List<String> prefix(int host) {
      return List.of("ip", "netns", "exec", names[host]);
    }

    @Override
    public String address(int host) {
      return subnet + (host + 1);
    }

    void unplug() throws IOException {
      run("ip", "-n", names[0], "link", "set", "c0", "down");
    }

    /** Packets go out and nobody takes them: no host sees that anything is wrong. */
    void swallow() throws IOException {
      for (int host = 0; host < 2; host++) {
        run(
            "ip",
            "-n",
            names[host],
            "neigh",
            "replace",
            address(1 - host),
            "lladdr",
            "02:00:00:00:00:99",
            "dev",
            "c" + host,
            "nud",
            "permanent");
      }
    }

    /**
     * Of packets in both directions.
     *
     * @throws IOException the kernel has no netem
     */
    void lose(String percent) throws IOException {
      for (int host = 0; host < 2; host++) {
        run(
            "ip",
            "netns",
            "exec",
            names[host],
            "tc",
            "qdisc",
            "replace",
            "dev",
            "c" + host,
            "root",
            "netem",
            "loss",
            percent);
      }
    }

    private static void run(String... command) throws IOException {
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

    /** The cable goes with them. */
    @Override
    public void close() {
      for (var name : Arrays.asList(names)) {
        try {
          run("ip", "netns", "del", name);
        } catch (IOException e) {
          // never made
        }
      }
    }
  }

  /** Of a process, with what starts it on a host. */
  static Process start(Network network, int host, List<String> command) throws IOException {
    var all = new ArrayList<>(network.prefix(host));
    all.addAll(command);
    return new ProcessBuilder(all).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }
}
