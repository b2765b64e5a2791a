package dev.muster.worker.checkpoint.snapshot;

import static dev.muster.worker.checkpoint.snapshot.SavedState.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.muster.worker.NamedTensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A state whose offsets do not fit into an int: 3 GiB, zeros but for some marks. */
class LargeSnapshotTest {
  private static final long GIB = 1L << 30;
  private static final long LARGE_BYTES = 5 * GIB / 2 + 13;
  private static final Path SHARED = Path.of("/dev/shm");

  @TempDir private Path folder;

  @Test
  void givenATensorOver2GiB_whenSaved_thenItsLastBytesComeBack() throws IOException {
    requireRoom(12 * GIB);
    Path shared = Files.createTempDirectory(SHARED, "muster-snapshot-large-");
    var places = new SnapshotPlaces(shared, folder, note -> {});
    try (var arena = Arena.ofShared()) {
      var large = arena.allocate(LARGE_BYTES, 64);
      var small = arena.allocate(GIB / 2, 64);
      saveMarked(places, large, small);
      var tensors = tensors(large.fill((byte) 1), small.fill((byte) 1));
      try (var reader = SnapshotReader.open(places, "r").orElseThrow();
          var newest = reader.newest().orElseThrow()) {
        newest.restore(tensors);
      }
      assertThat(marksOf(large)).containsExactly(1, 2, 3);
      assertThat(marksOf(small)).containsExactly(1, 2, 3);
      assertThat(large.get(ValueLayout.JAVA_BYTE, LARGE_BYTES / 2 + 1)).isZero();
    } finally {
      places.sweep();
      Files.delete(shared);
    }
  }

  private static void saveMarked(SnapshotPlaces places, MemorySegment large, MemorySegment small) {
    mark(large);
    mark(small);
    try (var writer = new SnapshotWriter(places, "r")) {
      assertThat(writer.save(at(1, 1), tensors(large, small))).isInstanceOf(Outcome.Saved.class);
    }
  }

  private static void requireRoom(long bytes) {
    long usable = Files.isDirectory(SHARED) ? SnapshotSpace.usableBytes(SHARED) : 0;
    assumeTrue(
        usable >= bytes,
        () -> "no room for a state of 3 GiB: neededBytes=" + bytes + " usableBytes=" + usable);
  }

  private static List<NamedTensor> tensors(MemorySegment large, MemorySegment small) {
    return List.of(SavedState.tensor("large", large), SavedState.tensor("small", small));
  }

  private static long[] places(MemorySegment memory) {
    return new long[] {0, memory.byteSize() / 2, memory.byteSize() - 1};
  }

  private static void mark(MemorySegment memory) {
    byte mark = 1;
    for (long at : places(memory)) {
      memory.set(ValueLayout.JAVA_BYTE, at, mark++);
    }
  }

  private static byte[] marksOf(MemorySegment memory) {
    var marks = new byte[3];
    for (int i = 0; i < marks.length; i++) {
      marks[i] = memory.get(ValueLayout.JAVA_BYTE, places(memory)[i]);
    }
    return marks;
  }
}
