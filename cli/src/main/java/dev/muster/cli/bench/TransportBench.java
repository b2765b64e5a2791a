package dev.muster.cli.bench;

import dev.muster.cli.process.JavaCommand;
import dev.muster.collectives.bulk.BulkConnection;
import dev.muster.collectives.bulk.BulkTransport;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Fetches the same memory from another process over every {@link TransportKind}. In each round all
 * of them move it one after the other, so that other load on the machine meets them alike.
 */
public final class TransportBench implements AutoCloseable {
  private static final int WARM_UP = 2;

  private final Arena arena = Arena.ofShared();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<BulkTransport> transports = new ArrayList<>();
  private final Map<TransportKind, List<BulkConnection>> connections =
      new EnumMap<>(TransportKind.class);
  private final Process peer;
  private final MemorySegment source;
  private final MemorySegment target;

  /**
   * @param folder of the media drivers
   * @param mebibytesMax largest transfer
   */
  public TransportBench(PacketNetwork network, Path folder, int mebibytesMax) throws IOException {
    long bytes = (long) mebibytesMax << 20;
    source = arena.allocate(bytes, 64).fill((byte) 0x5C);
    target = arena.allocate(bytes, 64).fill((byte) 0);
    peer = start(network, folder, bytes);
    try {
      connect(network, folder);
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private static Process start(PacketNetwork network, Path folder, long bytes) throws IOException {
    var command = new ArrayList<>(network.prefix());
    command.addAll(
        JavaCommand.bench(
            TransportPeer.class.getName(),
            network.peerAddress(),
            folder.toString(),
            Long.toString(bytes)));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private void connect(PacketNetwork network, Path folder) throws IOException {
    var ports = peer.inputReader();
    for (var kind : TransportKind.values()) {
      var port = ports.readLine();
      if (port == null) {
        throw new IOException("the other process ended; see what it printed above");
      }
      var address = new InetSocketAddress(network.peerAddress(), Integer.parseInt(port));
      var transport = kind.open(folder);
      transports.add(transport);
      var all = new ArrayList<BulkConnection>();
      connections.put(kind, all);
      for (int i = 0; i < kind.connections(); i++) {
        all.add(transport.connect(address));
      }
    }
  }

  /** The rows of one size, in the order of the kinds. */
  public List<TransportRow> run(int mebibytes, int rounds) throws IOException {
    var rows = new EnumMap<TransportKind, TransportRow>(TransportKind.class);
    for (var kind : TransportKind.values()) {
      rows.put(kind, new TransportRow(kind.label(), mebibytes));
    }
    for (int round = -WARM_UP; round < rounds; round++) {
      round((long) mebibytes << 20, round >= 0 ? rows : Map.of());
    }
    return List.copyOf(rows.values());
  }

  private void round(long bytes, Map<TransportKind, TransportRow> rows) throws IOException {
    long copyNs = System.nanoTime();
    MemorySegment.copy(source, 0, target, 0, bytes);
    double copySeconds = secondsSince(copyNs);
    double tcpSeconds = Double.NaN;
    for (var kind : TransportKind.values()) {
      target.asSlice(0, bytes).fill((byte) 0);
      double cpu = cpuSeconds();
      double seconds = transfer(connections.get(kind), bytes);
      cpu = cpuSeconds() - cpu;
      tcpSeconds = kind == TransportKind.TCP ? seconds : tcpSeconds;
      mustHaveArrived(bytes);
      if (rows.containsKey(kind)) {
        rows.get(kind).add(new TransportRow.Sample(seconds, copySeconds, tcpSeconds, cpu));
      }
    }
  }

  private double transfer(List<BulkConnection> open, long bytes) throws IOException {
    long startNs = System.nanoTime();
    long each = bytes / open.size();
    var parts = new ArrayList<Future<?>>();
    for (int i = 0; i < open.size(); i++) {
      var connection = open.get(i);
      var part = target.asSlice(i * each, each);
      byte[] request = ByteBuffer.allocate(Long.BYTES).putLong(each).array();
      parts.add(threads.submit(() -> connection.fetch(request, part)));
    }
    parts.forEach(TransportBench::await);
    return secondsSince(startNs);
  }

  private static void await(Future<?> part) {
    try {
      part.get();
    } catch (ExecutionException | InterruptedException e) {
      throw new IllegalStateException("a transfer failed: " + e, e);
    }
  }

  /** What arrives is verified by the transport; this is that it came here. */
  private void mustHaveArrived(long bytes) {
    for (long at : new long[] {0, bytes / 2, bytes - 1}) {
      if (target.get(ValueLayout.JAVA_BYTE, at) != 0x5C) {
        throw new IllegalStateException("nothing arrived at offset=" + at);
      }
    }
  }

  private static double secondsSince(long startNs) {
    return (System.nanoTime() - startNs) / 1e9;
  }

  private double cpuSeconds() {
    var own =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    var others = peer.toHandle().info().totalCpuDuration().orElse(Duration.ZERO);
    return own.getProcessCpuTime() / 1e9 + others.toNanos() / 1e9;
  }

  @Override
  public void close() {
    transports.forEach(BulkTransport::close);
    threads.close();
    peer.destroy();
    arena.close();
  }
}
