package dev.muster.collectives.hosts;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupRevokedException;
import dev.muster.collectives.Groups;
import dev.muster.collectives.shared.SharedMemoryGroups;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * A rank as a process of its own, for {@link HostFaultsTest}: two hosts of two ranks reduce and
 * agree until somebody ends the group.
 */
final class RankOfHost {
  static final int REVOKED = 17;
  static final int WORLD_SIZE = 4;
  static final int PORT = 17_400;
  static final Limits LIMITS =
      new Limits(Duration.ofMillis(200), Duration.ofSeconds(4), Duration.ofSeconds(10));

  /** Ranks 0 and 1 at one address, 2 and 3 at the other. */
  static Placement placement(List<String> addresses, List<Integer> ports) {
    return new Placement(
        List.of(
            new Placement.Host(
                "h0", new InetSocketAddress(addresses.get(0), ports.get(0)), List.of(0, 1)),
            new Placement.Host(
                "h1", new InetSocketAddress(addresses.get(1), ports.get(1)), List.of(2, 3))));
  }

  static Groups.Spec spec(Path folder, int host) {
    return new Groups.Spec(folder.resolve("h" + host), "dp", 3, WORLD_SIZE, 0, 16 << 20);
  }

  /** FOLDER RANK ADDRESS0 ADDRESS1 PORT0 PORT1. */
  public static void main(String[] args) throws IOException {
    int rank = Integer.parseInt(args[1]);
    int host = rank / 2;
    var placement =
        placement(
            Arrays.asList(args).subList(2, 4),
            List.of(Integer.parseInt(args[4]), Integer.parseInt(args[5])));
    int port = rank % 2 == 0 ? placement.hosts().get(host).address().getPort() : 0;
    var address = new InetSocketAddress(InetAddress.getByName(args[2 + host]), port);
    var endpoint = new Endpoint(address, "faults", new byte[32]);
    var groups =
        new HostGroups(new SharedMemoryGroups(), "h" + host, endpoint, spec -> placement, LIMITS);
    long applied = 0;
    try (Communicator communicator = groups.join(spec(Path.of(args[0]), host), rank)) {
      var large = Buffer.float32(communicator.allocate(4 << 20));
      var small = Buffer.float32(communicator.allocate(4 << 10));
      try {
        while (true) {
          communicator.allReduce(small);
          communicator.allReduce(large);
          communicator.agree(applied + 1);
          applied++;
        }
      } catch (GroupRevokedException e) {
        System.out.println("applied=" + applied + " " + e.getMessage());
        System.out.flush();
        Runtime.getRuntime().halt(REVOKED);
      }
    }
  }

  private RankOfHost() {}
}
