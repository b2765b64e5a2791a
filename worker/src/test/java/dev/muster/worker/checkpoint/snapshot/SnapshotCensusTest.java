package dev.muster.worker.checkpoint.snapshot;

import static dev.muster.worker.checkpoint.snapshot.SavedState.at;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotCensusTest {
  @TempDir private Path folder;
  private final Arena arena = Arena.ofShared();
  private SnapshotPlaces places;
  private SavedState state;

  @BeforeEach
  void make() {
    places = new SnapshotPlaces(folder.resolve("shm"), folder.resolve("disk"), note -> {});
    state = SavedState.of(arena, "w", 1000, 24);
  }

  @AfterEach
  void close() {
    arena.close();
  }

  private void save(String name, SnapshotPoint... points) {
    try (var writer = new SnapshotWriter(places, name)) {
      for (var point : points) {
        writer.save(point, state.tensors());
      }
    }
  }

  private Path file(String name) {
    return folder.resolve("shm").resolve(name + ".snap");
  }

  private void invert(String name, long at) throws IOException {
    try (var file = new RandomAccessFile(file(name).toFile(), "rw")) {
      file.seek(at);
      int value = file.read();
      file.seek(at);
      file.write(~value);
    }
  }

  @Test
  void givenNone_whenCounted_thenBothListsAreEmpty() {
    assertThat(SnapshotCensus.of(places)).isEqualTo(new SnapshotCensus(List.of(), List.of()));
  }

  @Test
  void givenRanksAndGroups_whenCounted_thenEachCompleteSnapshotIsThereByNameAndAge() {
    save("b", new SnapshotPoint(4, 1, 1, 2), new SnapshotPoint(5, 1, 1, 2));
    save("a", new SnapshotPoint(5, 1, 0, 2), new SnapshotPoint(4, 2, 0, 3));
    assertThat(SnapshotCensus.of(places).complete())
        .containsExactly(
            new SnapshotCensus.Found("a", new SnapshotPoint(5, 1, 0, 2), 1048),
            new SnapshotCensus.Found("a", new SnapshotPoint(4, 2, 0, 3), 1048),
            new SnapshotCensus.Found("b", new SnapshotPoint(4, 1, 1, 2), 1048),
            new SnapshotCensus.Found("b", new SnapshotPoint(5, 1, 1, 2), 1048));
  }

  @Test
  void givenStepsTakenBackOrUnderWay_whenCounted_thenTheyAreNotThere() {
    try (var writer = new SnapshotWriter(places, "a")) {
      writer.save(at(1, 1), state.tensors());
      writer.save(at(2, 1), state.tensors());
      writer.rollBack(1, 1);
      writer.begin(at(2, 2), state.tensors());
      assertThat(SnapshotCensus.of(places).complete())
          .containsExactly(new SnapshotCensus.Found("a", at(1, 1), 1048));
      writer.fence();
    }
  }

  @Test
  void givenDamage_whenCounted_thenItIsNamedAndTheRestIsThere() throws IOException {
    save("a", at(1, 1), at(2, 1));
    save("b", at(1, 1));
    save("c", at(1, 1));
    invert("a", SnapshotBuffer.HEADER_BYTES + 8);
    invert("b", 3);
    Files.write(file("d"), new byte[7]);
    Files.createDirectory(file("e"));
    var census = SnapshotCensus.of(places);
    assertThat(census.complete())
        .containsExactly(
            new SnapshotCensus.Found("a", at(2, 1), 1048),
            new SnapshotCensus.Found("c", at(1, 1), 1048));
    assertThat(census.damaged().stream().map(SnapshotCensus.Damaged::name))
        .containsExactly("a", "b", "d", "e");
    assertThat(census.damaged())
        .allSatisfy(d -> assertThat(d.reason()).contains(file(d.name()).toString()));
  }

  /** The writer outgrows its file again and again, so files come and go under the census. */
  @Test
  void givenAWriterThatGoesOn_whenCounted_thenItNeverFailsAndNeverGoesBack() throws Exception {
    var stop = new AtomicBoolean();
    var writing = new Thread(() -> saveEverLarger(stop));
    writing.start();
    try {
      for (long newest = 0; newest < 60; ) {
        var census = SnapshotCensus.of(places);
        assertThat(census.damaged()).isEmpty();
        long seen = census.complete().stream().mapToLong(f -> f.point().step()).max().orElse(0);
        assertThat(seen).isGreaterThanOrEqualTo(newest);
        newest = seen;
      }
    } finally {
      stop.set(true);
      writing.join();
    }
  }

  private void saveEverLarger(AtomicBoolean stop) {
    try (var writer = new SnapshotWriter(places, "a")) {
      for (long step = 1; !stop.get(); step++) {
        var larger = SavedState.of(arena, "w", 1000 * Math.min(step, 400));
        writer.save(at(step, 1), larger.tensors());
      }
    }
  }
}
