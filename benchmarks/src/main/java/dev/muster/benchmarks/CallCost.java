package dev.muster.benchmarks;

import dev.muster.collectives.Buffer;
import dev.muster.collectives.Communicator;
import dev.muster.collectives.Groups;
import dev.muster.collectives.shared.SharedMemoryGroups;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a call costs beside waiting and data: a rank that is alone never waits. Two readings of the
 * clock, which a flight record needs, are timed beside it.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class CallCost {
  private Path directory;
  private Groups.Spec spec;
  private Communicator communicator;
  private Arena arena;
  private Buffer buffer;

  @Setup
  public void join() throws IOException {
    directory = Files.createTempDirectory(Path.of("/dev/shm"), "muster-call-cost");
    spec = new Groups.Spec(directory, "dp", 1, 1, 0, 1 << 20);
    communicator = new SharedMemoryGroups().join(spec, 0);
    arena = Arena.ofShared();
    buffer = Buffer.float32(arena.allocate(64));
  }

  @TearDown
  public void leave() throws IOException {
    communicator.close();
    arena.close();
    new SharedMemoryGroups().remove(spec);
    Files.delete(directory);
  }

  @Benchmark
  public void barrier() {
    communicator.barrier();
  }

  @Benchmark
  public void allReduceOf16Floats() {
    communicator.allReduce(buffer);
  }

  @Benchmark
  public long twoReadingsOfTheClock() {
    return System.nanoTime() - System.nanoTime();
  }
}
