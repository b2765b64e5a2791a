package dev.muster.collectives.hosts;

import dev.muster.collectives.Communicator;
import dev.muster.collectives.GroupMonitor;
import dev.muster.collectives.Groups;
import dev.muster.collectives.shared.SharedMemoryGroups;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Several hosts of the test's process, each with a folder and an endpoint of its own; only the
 * loopback interface is between them. Ranks join on the host they are placed on, and a monitor
 * watches all hosts, as their agents together would.
 */
final class HostsInOneProcess implements Groups, AutoCloseable {
  /** Other programs may keep this one from running for seconds. */
  private static final Limits PATIENT =
      new Limits(Duration.ofMillis(250), Duration.ofMinutes(1), Duration.ofMinutes(1));

  private final List<Endpoint> endpoints = new ArrayList<>();
  private final List<HostGroups> hosts = new ArrayList<>();
  private final IntUnaryOperator hostOf;
  private final int count;

  /**
   * @param hostOf which host a rank is on; null for neighbouring ranks
   */
  HostsInOneProcess(int count, IntUnaryOperator hostOf, Limits limits) {
    this(count, hostOf, limits, Crossovers.DEFAULT);
  }

  HostsInOneProcess(int count, Crossovers crossovers) {
    this(count, null, PATIENT, crossovers);
  }

  private HostsInOneProcess(
      int count, IntUnaryOperator hostOf, Limits limits, Crossovers crossovers) {
    this.count = count;
    this.hostOf = hostOf;
    for (int host = 0; host < count; host++) {
      try {
        endpoints.add(
            new Endpoint(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), "run", new byte[32]));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      hosts.add(
          new HostGroups(
              new SharedMemoryGroups(),
              "h" + host,
              endpoints.get(host),
              this::placement,
              limits,
              crossovers));
    }
  }

  HostsInOneProcess(int count) {
    this(count, null, PATIENT);
  }

  Endpoint endpoint(int host) {
    return endpoints.get(host);
  }

  private int hostOf(int rank, int worldSize) {
    int used = Math.min(count, worldSize);
    return hostOf == null ? rank * used / worldSize : hostOf.applyAsInt(rank) % used;
  }

  private Placement placement(Spec spec) {
    int used = Math.min(count, spec.worldSize());
    return new Placement(
        IntStream.range(0, used)
            .mapToObj(host ->
                new Placement.Host(
                    "h" + host, endpoints.get(host).address(), ranks(host, spec.worldSize())))
            .toList());
  }

  private List<Integer> ranks(int host, int worldSize) {
    return IntStream.range(0, worldSize)
        .filter(rank -> hostOf(rank, worldSize) == host)
        .boxed()
        .toList();
  }

  private static Spec at(Spec spec, int host) {
    return new Spec(
        spec.directory().resolve("h" + host),
        spec.group(),
        spec.generation(),
        spec.worldSize(),
        spec.startStep(),
        spec.bytesPerRank());
  }

  @Override
  public Communicator join(Spec spec, int rank) {
    int host = hostOf(rank, spec.worldSize());
    return hosts.get(host).join(at(spec, host), rank);
  }

  @Override
  public GroupMonitor monitor(Spec spec) {
    return new AllHosts(monitors(spec));
  }

  /** What each agent sees. */
  List<GroupMonitor> monitors(Spec spec) {
    int used = Math.min(count, spec.worldSize());
    return IntStream.range(0, used).mapToObj(h -> hosts.get(h).monitor(at(spec, h))).toList();
  }

  @Override
  public void revokeOlder(Spec spec, String reason) {
    for (int host = 0; host < count; host++) {
      hosts.get(host).revokeOlder(at(spec, host), reason);
    }
  }

  @Override
  public void remove(Spec spec) {
    for (int host = 0; host < Math.min(count, spec.worldSize()); host++) {
      hosts.get(host).remove(at(spec, host));
    }
  }

  @Override
  public void close() {
    endpoints.forEach(Endpoint::close);
  }

  /** All agents at once. */
  private record AllHosts(List<GroupMonitor> monitors) implements GroupMonitor {
    /** The hosts must have come to the same step: all of them live, and hear each other. */
    @Override
    public long revoke(String reason) {
      var steps = monitors.stream().map(monitor -> monitor.revoke(reason)).distinct().toList();
      if (steps.size() > 1) {
        throw new AssertionError("hosts ended at different steps: " + steps);
      }
      return steps.getFirst();
    }

    @Override
    public boolean revoked() {
      return monitors.stream().allMatch(GroupMonitor::revoked);
    }

    @Override
    public long committedStep() {
      return monitors.stream().mapToLong(GroupMonitor::committedStep).max().orElseThrow();
    }

    @Override
    public long[] arrivals() {
      return monitors.stream()
          .map(GroupMonitor::arrivals)
          .reduce(
              (a, b) -> IntStream.range(0, a.length).mapToLong(i -> Math.max(a[i], b[i])).toArray())
          .orElseThrow();
    }

    @Override
    public void close() {
      monitors.forEach(GroupMonitor::close);
    }
  }
}
