package dev.muster.cli.bench;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.Groups;
import dev.muster.collectives.Operation;
import dev.muster.collectives.Stream;
import dev.muster.collectives.shared.SharedMemoryGroups;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * A rank of {@code muster bench collectives}: obeys commands from its standard input until it ends,
 * as the programs for OpenMPI and gloo do. A command is {@code VERB KIND BYTES CALLS}; each is
 * answered by {@code ok NS CPU_NS}, wall time and the CPU time of this process.
 *
 * <pre>
 * check  one call, and whether its result is right
 * time   so many calls, one after the other
 * late   one call to which the last rank comes so many milliseconds late
 * copy   so many copies of the input to the output, no collective
 * </pre>
 */
public final class CollectiveRank {
  private static final MethodHandle CLOCK =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("clock"),
              FunctionDescriptor.of(ValueLayout.JAVA_LONG));

  private final Communicator communicator;
  private final MemorySegment input;
  private final MemorySegment output;

  CollectiveRank(Communicator communicator, MemorySegment input, MemorySegment output) {
    this.communicator = communicator;
    this.input = input;
    this.output = output;
  }

  /** FOLDER, GROUP, WORLD_SIZE, RANK, BYTES_MAX, and "shared" or "native" memory. */
  public static void main(String[] args) throws IOException {
    int worldSize = Integer.parseInt(args[2]);
    long bytes = Long.parseLong(args[4]);
    boolean shared = args[5].equals("shared");
    if (worldSize <= Runtime.getRuntime().availableProcessors()) {
      bind(Integer.parseInt(args[3]));
    }
    var spec = new Groups.Spec(Path.of(args[0]), args[1], 1, worldSize, 0, shared ? 2 * bytes : 0);
    try (var communicator = new SharedMemoryGroups().join(spec, Integer.parseInt(args[3]))) {
      var rank =
          shared
              ? new CollectiveRank(
                  communicator, communicator.allocate(bytes), communicator.allocate(bytes))
              : new CollectiveRank(
                  communicator,
                  Arena.global().allocate(bytes, 64),
                  Arena.global().allocate(bytes, 64));
      rank.obey(new BufferedReader(new InputStreamReader(System.in)));
    }
  }

  private void obey(BufferedReader commands) throws IOException {
    for (String line; (line = commands.readLine()) != null; ) {
      var words = line.split(" ");
      System.out.println(answer(words));
    }
  }

  /** To a command. */
  Cost answer(String[] words) {
    long bytes = Long.parseLong(words[2]);
    int calls = Integer.parseInt(words[3]);
    return switch (words[0]) {
      case "copy" -> cost(calls, () -> MemorySegment.copy(input, 0, output, 0, bytes));
      case "check" -> cost(1, () -> check(CollectiveKind.of(words[1]), bytes));
      case "late" -> late(operation(CollectiveKind.of(words[1]), bytes), calls);
      default -> time(operation(CollectiveKind.of(words[1]), bytes), calls);
    };
  }

  /** Of wall time, and of this process's CPU time. */
  record Cost(long ns, long cpuNs) {
    @Override
    public String toString() {
      return "ok " + ns + " " + cpuNs;
    }
  }

  /** All ranks begin together. */
  Cost cost(int times, Runnable work) {
    communicator.barrier();
    long cpuNs = cpuNs();
    long startNs = System.nanoTime();
    for (int i = 0; i < times; i++) {
      work.run();
    }
    return new Cost(System.nanoTime() - startNs, cpuNs() - cpuNs);
  }

  private Operation operation(CollectiveKind kind, long bytes) {
    return kind.on(
        Buffer.float32(input.asSlice(0, bytes)),
        Buffer.float32(output.asSlice(0, bytes)),
        communicator.worldSize());
  }

  private Cost time(Operation operation, int calls) {
    return cost(calls, () -> communicator.run(operation, Stream.NONE));
  }

  private Cost late(Operation operation, int milliseconds) {
    boolean last = communicator.rank() == communicator.worldSize() - 1;
    return cost(
        1,
        () -> {
          long untilNs = System.nanoTime() + milliseconds * 1_000_000L;
          while (last && System.nanoTime() < untilNs) {
            LockSupport.parkNanos(untilNs - System.nanoTime());
          }
          communicator.run(operation, Stream.NONE);
        });
  }

  /** Leaves zeros behind, so that sums of them stay what they are. */
  private void check(CollectiveKind kind, long bytes) {
    fill(input, bytes, communicator.rank() + 1);
    fill(output, bytes, -1);
    var operation = operation(kind, bytes);
    communicator.run(operation, Stream.NONE);
    var result = operation.output().memory();
    for (long at = 0; at < result.byteSize(); at += 4) {
      float is = result.get(ValueLayout.JAVA_FLOAT, at);
      float expected = kind.expected(at / 4, bytes / 4, communicator.worldSize());
      if (is != expected) {
        throw new IllegalStateException(
            "wrong result: kind="
                + kind.label()
                + " bytes="
                + bytes
                + " rank="
                + communicator.rank()
                + " offset="
                + at
                + " expected="
                + expected
                + " is="
                + is);
      }
    }
    fill(input, bytes, 0);
  }

  private static void fill(MemorySegment memory, long bytes, float value) {
    for (long at = 0; at < bytes; at += 4) {
      memory.set(ValueLayout.JAVA_FLOAT, at, value);
    }
  }

  /** This thread to a core, as mpirun does with its ranks when there are cores enough. */
  private static void bind(int core) {
    var linker = Linker.nativeLinker();
    var bind =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("sched_setaffinity"),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.ADDRESS));
    try (var arena = Arena.ofConfined()) {
      int ignored =
          (int) bind.invokeExact(0, 8L, arena.allocateFrom(ValueLayout.JAVA_LONG, 1L << core));
    } catch (Throwable e) {
      throw new IllegalStateException("sched_setaffinity() failed", e);
    }
  }

  /** Of all threads; finer than the 10 ms ticks of the JDK's own. */
  private static long cpuNs() {
    try {
      return (long) CLOCK.invokeExact() * 1000;
    } catch (Throwable e) {
      throw new IllegalStateException("clock() failed", e);
    }
  }
}
