package dev.muster.worker.checkpoint.peer;

import static dev.muster.worker.checkpoint.snapshot.SavedState.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.muster.collectives.bulk.BulkLimits;
import dev.muster.collectives.bulk.BulkTransport;
import dev.muster.worker.checkpoint.snapshot.SavedState;
import dev.muster.worker.checkpoint.snapshot.SnapshotReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Offsets that do not fit into an int: a file of holes as a state, with some marks. */
class LargeCopyTest {
  private static final long GIB = 1L << 30;
  private static final long STATE_BYTES = 2 * GIB + 70_001;
  private static final Path SHARED = Path.of("/dev/shm");

  @TempDir private Path folder;

  @Test
  void givenAStateOver2GiB_whenPushed_thenItsLastBytesArrive() throws IOException {
    long usable = Files.isDirectory(SHARED) ? Files.getFileStore(SHARED).getUsableSpace() : 0;
    assumeTrue(usable >= 12 * GIB, () -> "no room: usableBytes=" + usable);
    Path shared = Files.createTempDirectory(SHARED, "muster-copy-large-");
    try (var arena = Arena.ofShared();
        var transport = BulkTransport.tcp(PeerStoreContract.KEY, BulkLimits.DEFAULT);
        var a = new Host(shared, "a", transport);
        var b = new Host(shared, "b", transport)) {
      var state = holes(arena);
      mark(state);
      a.save("a-0", at(1, 1), List.of(SavedState.tensor("large", state)));
      assertThat(a.store.push("a-0", at(1, 1), b.address()).bytes()).isGreaterThan(STATE_BYTES);
      assertMarked(b);
    } finally {
      delete(shared);
    }
  }

  private MemorySegment holes(Arena arena) throws IOException {
    var file = folder.resolve("state");
    try (var channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, STATE_BYTES, arena);
    }
  }

  private static final long[] PLACES = {0, GIB, 2 * GIB - 1, 2 * GIB, STATE_BYTES - 1};

  private static void mark(MemorySegment state) {
    for (int i = 0; i < PLACES.length; i++) {
      state.set(ValueLayout.JAVA_BYTE, PLACES[i], (byte) (i + 1));
    }
  }

  private static void assertMarked(Host host) {
    try (var reader = SnapshotReader.open(host.places, "copy-a-0").orElseThrow();
        var copy = reader.of(at(1, 1)).orElseThrow()) {
      copy.verify();
      var data = copy.data(copy.layout().entries().getFirst());
      assertThat(data.byteSize()).isEqualTo(STATE_BYTES);
      for (int i = 0; i < PLACES.length; i++) {
        assertThat(data.get(ValueLayout.JAVA_BYTE, PLACES[i])).isEqualTo((byte) (i + 1));
      }
      assertThat(data.get(ValueLayout.JAVA_BYTE, GIB + 1)).isZero();
    }
  }

  private static void delete(Path shared) throws IOException {
    try (var files = Files.walk(shared)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(f -> f.delete());
    }
  }
}
