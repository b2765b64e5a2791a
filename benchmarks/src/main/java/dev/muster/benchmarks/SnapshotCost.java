package dev.muster.benchmarks;

import dev.muster.collectives.DType;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import dev.muster.worker.checkpoint.snapshot.SnapshotWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How long a step is blocked by its snapshot, as a multiple of one plain copy of the same bytes
 * into shared memory that is mapped and touched. Each round times all of them one after the other,
 * so that other load on the machine meets them alike; the median of the rounds' ratios is printed,
 * and that of the fastest times.
 *
 * <p>Arguments: {@code [MiB] [rounds]}, 256 and 30 unless given.
 */
public final class SnapshotCost implements AutoCloseable {
  private static final long TENSOR_BYTES = 16 << 20;
  private static final int WARM_UP = 5;

  private final Path folder = Files.createTempDirectory(Path.of("/dev/shm"), "muster-bench-");
  private final SnapshotPlaces places = new SnapshotPlaces(folder, folder, System.out::println);
  private final Arena arena = Arena.ofShared();
  private final SnapshotWriter writer = new SnapshotWriter(places, "bench");
  private final List<NamedTensor> tensors = new ArrayList<>();
  private final MemorySegment plain;
  private long step;
  private double sink; // what keeps the computation from being left out

  private SnapshotCost(int tensorCount) throws IOException {
    for (int i = 0; i < tensorCount; i++) {
      var memory = arena.allocate(TENSOR_BYTES, 64).fill((byte) (i + 1));
      tensors.add(NamedTensor.replicated("w" + i, DType.UINT8, new long[] {TENSOR_BYTES}, memory));
    }
    plain = mapped(tensorCount * TENSOR_BYTES);
    writer.prepare(tensors);
  }

  private MemorySegment mapped(long bytes) throws IOException {
    Path file = folder.resolve("plain");
    var options =
        List.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try (var channel = FileChannel.open(file, options.toArray(StandardOpenOption[]::new))) {
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena).fill((byte) 0);
    }
  }

  public static void main(String[] args) throws IOException {
    long mebibytes = args.length > 0 ? Long.parseLong(args[0]) : 256;
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 30;
    try (var cost = new SnapshotCost((int) ((mebibytes << 20) / TENSOR_BYTES))) {
      cost.measure(rounds);
    }
  }

  private void measure(int rounds) {
    var copy = new double[rounds];
    var save = new double[rounds];
    var fence = new double[rounds];
    for (int round = -WARM_UP; round < rounds; round++) {
      int at = Math.max(0, round);
      copy[at] = time(this::copy);
      save[at] = time(() -> writer.save(next(), tensors));
      fence[at] = overlapped(copy[at]);
    }
    System.out.printf("plain copy      %6.1f GB/s at best%n", plain.byteSize() / min(copy));
    print("save", save, copy);
    print("begin and fence", fence, copy);
    System.out.println("computed " + sink);
  }

  private void copy() {
    long at = 0;
    for (NamedTensor tensor : tensors) {
      MemorySegment.copy(tensor.memory(), 0, plain, at, TENSOR_BYTES);
      at += TENSOR_BYTES;
    }
  }

  /** Blocked before and after a computation of four times a plain copy. */
  private double overlapped(double copyNs) {
    double before = time(() -> writer.begin(next(), tensors));
    long until = System.nanoTime() + (long) (4 * copyNs);
    while (System.nanoTime() < until) {
      compute();
    }
    return before + time(writer::fence);
  }

  private void compute() {
    MemorySegment memory = tensors.getFirst().memory();
    for (long i = 0; i < 10_000; i++) {
      sink += memory.get(ValueLayout.JAVA_FLOAT, 4 * i);
    }
  }

  private SnapshotPoint next() {
    return new SnapshotPoint(step++, 1, 0, 1);
  }

  private static double time(Runnable what) {
    long start = System.nanoTime();
    what.run();
    return System.nanoTime() - start;
  }

  private static void print(String what, double[] times, double[] copies) {
    double[] ratios = new double[times.length];
    Arrays.setAll(ratios, i -> times[i] / copies[i]);
    Arrays.sort(ratios);
    System.out.printf(
        "%-15s %6.2f of a plain copy (median of %d rounds; fastest by fastest %.2f)%n",
        what, ratios[ratios.length / 2], ratios.length, min(times) / min(copies));
  }

  private static double min(double[] values) {
    return Arrays.stream(values).min().orElseThrow();
  }

  @Override
  public void close() throws IOException {
    writer.close();
    places.sweep();
    arena.close();
    Files.delete(folder.resolve("plain"));
    Files.delete(folder);
  }
}
