package dev.muster.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.muster.collectives.DType;
import dev.muster.collectives.bulk.AeronSettings;
import dev.muster.collectives.bulk.BulkLimits;
import dev.muster.collectives.bulk.BulkTransport;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.peer.PeerStore;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import dev.muster.worker.checkpoint.snapshot.SnapshotWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How long a snapshot takes to a peer and from there to a newcomer, over TCP and over Aeron on the
 * loopback interface, against one plain copy of the same bytes into shared memory that is mapped
 * and touched. Checksums are compared on the way, twice: the transport's and the snapshot's own.
 * All nodes are in this JVM. Each round times all of them one after the other, so that other load
 * on the machine meets them alike.
 *
 * <p>Arguments: {@code [MiB] [rounds]}, 256 and 20 unless given.
 */
public final class PeerCost implements AutoCloseable {
  private static final long TENSOR_BYTES = 16 << 20;
  private static final int WARM_UP = 4;
  private static final String NAME = "owner-0";

  private final Path folder = Files.createTempDirectory(Path.of("/dev/shm"), "muster-bench-");
  private final Arena arena = Arena.ofShared();
  private final List<AutoCloseable> open = new ArrayList<>();
  private final List<SnapshotPlaces> places = new ArrayList<>();
  private final List<NamedTensor> tensors = new ArrayList<>();
  private final List<Route> routes;
  private final SnapshotWriter writer;
  private final MemorySegment plain;
  private final Map<String, double[]> times = new LinkedHashMap<>();
  private final Map<String, double[]> cpuTimes = new LinkedHashMap<>();
  private final OperatingSystemMXBean process =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private long step;

  /** Owner, peer and newcomer on one transport; the owner's snapshots are the same on all. */
  private record Route(String transport, PeerStore owner, PeerStore peer, PeerStore newcomer) {}

  private PeerCost(int tensorCount) throws IOException {
    for (int i = 0; i < tensorCount; i++) {
      var memory = arena.allocate(TENSOR_BYTES, 64).fill((byte) (i + 1));
      tensors.add(NamedTensor.replicated("w" + i, DType.UINT8, new long[] {TENSOR_BYTES}, memory));
    }
    plain = mapped(tensorCount * TENSOR_BYTES);
    var owned = places("owner");
    writer = new SnapshotWriter(owned, NAME);
    byte[] key = new byte[BulkTransport.KEY_BYTES_MIN];
    var tcp = BulkTransport.tcp(key, BulkLimits.DEFAULT);
    var aeron = BulkTransport.aeron(key, BulkLimits.DEFAULT, AeronSettings.in(folder));
    routes = List.of(route("tcp", tcp, owned), route("aeron", aeron, owned));
  }

  private Route route(String name, BulkTransport transport, SnapshotPlaces owned)
      throws IOException {
    open.addFirst(transport);
    return new Route(
        name,
        store(transport, "owner", owned),
        store(transport, "peer", places(name + "-peer")),
        store(transport, "newcomer", places(name + "-newcomer")));
  }

  private PeerStore store(BulkTransport transport, String node, SnapshotPlaces at)
      throws IOException {
    var store = PeerStore.open(transport, BulkTransport.LOOPBACK, "bench", node, at);
    open.addFirst(store);
    return store;
  }

  private SnapshotPlaces places(String node) {
    var made = new SnapshotPlaces(folder.resolve(node), folder.resolve(node), System.out::println);
    places.add(made);
    return made;
  }

  private MemorySegment mapped(long bytes) throws IOException {
    try (var channel =
        FileChannel.open(
            folder.resolve("plain"),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena).fill((byte) 0);
    }
  }

  public static void main(String[] args) throws Exception {
    long mebibytes = args.length > 0 ? Long.parseLong(args[0]) : 256;
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 20;
    try (var cost = new PeerCost((int) ((mebibytes << 20) / TENSOR_BYTES))) {
      cost.measure(rounds);
    }
  }

  private void measure(int rounds) throws IOException {
    for (int round = -WARM_UP; round < rounds; round++) {
      var point = new SnapshotPoint(++step, 1, 0, 1);
      writer.save(point, tensors);
      note("plain copy", rounds, round, this::copy);
      for (Route route : routes) {
        note(
            route.transport + " push",
            rounds,
            round,
            () -> route.owner.push(NAME, point, route.peer.address()));
        note(
            route.transport + " fetch",
            rounds,
            round,
            () -> route.newcomer.fetch(point, route.peer.address(), () -> {}));
      }
    }
    System.out.printf(
        "%-12s %6d MiB, median of %d rounds%n", "state", plain.byteSize() >> 20, rounds);
    times.keySet().forEach(this::print);
  }

  private interface Transfer {
    void run() throws IOException;
  }

  private void note(String what, int rounds, int round, Transfer transfer) throws IOException {
    long startNs = System.nanoTime();
    long startCpuNs = process.getProcessCpuTime();
    transfer.run();
    double cpuMs = (process.getProcessCpuTime() - startCpuNs) / 1e6;
    double ms = (System.nanoTime() - startNs) / 1e6;
    times.computeIfAbsent(what, k -> new double[rounds])[Math.max(0, round)] = ms;
    cpuTimes.computeIfAbsent(what, k -> new double[rounds])[Math.max(0, round)] = cpuMs;
  }

  private void copy() {
    long at = 0;
    for (NamedTensor tensor : tensors) {
      MemorySegment.copy(tensor.memory(), 0, plain, at, TENSOR_BYTES);
      at += TENSOR_BYTES;
    }
  }

  private void print(String what) {
    double[] ms = times.get(what);
    double[] copies = times.get("plain copy");
    double[] ratios = new double[ms.length];
    Arrays.setAll(ratios, i -> ms[i] / copies[i]);
    System.out.printf(
        "%-12s %8.1f ms  %6.2f GB/s  %6.2f plain copies  (best %.1f ms, worst %.1f ms)  cpu %.1f"
            + " ms%n",
        what,
        median(ms),
        plain.byteSize() / median(ms) / 1e6,
        median(ratios),
        Arrays.stream(ms).min().orElseThrow(),
        Arrays.stream(ms).max().orElseThrow(),
        median(cpuTimes.get(what)));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  @Override
  public void close() throws Exception {
    writer.close();
    for (AutoCloseable each : open) {
      each.close();
    }
    arena.close();
    Files.delete(folder.resolve("plain"));
    for (SnapshotPlaces made : places) {
      made.sweep();
      Files.delete(made.shared());
    }
    Files.delete(folder);
  }
}
