package dev.muster.worker.checkpoint.snapshot;

import static dev.muster.worker.checkpoint.snapshot.SavedState.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotPlacesTest {
  @TempDir private Path root;
  private final List<String> notes = new ArrayList<>();
  private SnapshotPlaces places;

  @BeforeEach
  void make() {
    places = new SnapshotPlaces(root.resolve("shm"), root.resolve("disk"), notes::add);
  }

  @Test
  void givenEnoughSharedMemory_whenChosen_thenItIsTakenWithoutANote() {
    assertThat(places.choose(100, d -> 100)).isEqualTo(places.shared());
    assertThat(notes).isEmpty();
  }

  @Test
  void givenTooLittleSharedMemory_whenChosen_thenTheFolderIsTakenWithANote() {
    assertThat(places.choose(100, d -> d.equals(places.shared()) ? 99 : 100))
        .isEqualTo(places.folder());
    assertThat(notes).singleElement().asString().contains("neededBytes=100", "usableBytes=99");
  }

  @Test
  void givenSpaceNowhere_whenChosen_thenTheErrorNamesWhatIsNeededAndWhatIsFree() {
    assertThatThrownBy(() -> places.choose(100, d -> d.equals(places.shared()) ? 98 : 99))
        .hasMessageContaining("neededBytes=100")
        .hasMessageContaining(places.shared() + " usableBytes=98")
        .hasMessageContaining(places.folder() + " usableBytes=99");
  }

  @Test
  void givenAFileInEachPlace_whenRead_thenTheNewestCounts() throws IOException {
    try (var arena = Arena.ofShared()) {
      var state = SavedState.of(arena, "w", 100);
      try (var writer = new SnapshotWriter(places, "r")) {
        writer.save(at(1, 1), state.tensors());
        Files.copy(places.shared().resolve("r.snap"), places.folder().resolve("r.snap"));
        writer.save(at(2, 1), state.tensors());
      }
      try (var reader = SnapshotReader.open(places, "r").orElseThrow();
          var newest = reader.newest().orElseThrow()) {
        assertThat(newest.step()).isEqualTo(2);
      }
    }
  }

  @Test
  void givenLeftovers_whenSwept_thenOnlySnapshotsGo() throws IOException {
    for (String name : List.of("a.snap", "a.snap.new", "b.snap", "x.page", "b.snap.old")) {
      Files.createFile(places.shared().resolve(name));
    }
    places.remove("a");
    assertThat(places.sweep()).containsExactly(places.shared().resolve("b.snap"));
    try (var left = Files.list(places.shared())) {
      assertThat(left.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder("x.page", "b.snap.old");
    }
  }

  @Test
  void givenANameThatLeavesTheDirectory_whenUsed_thenItIsRefused() {
    assertThatThrownBy(() -> new SnapshotWriter(places, "../r"))
        .hasMessageContaining("not a name for a snapshot: name=../r");
  }

  @Test
  void givenNoLimits_whenMeasured_thenTheHostsMemoryCounts() throws IOException {
    write("proc/meminfo", "MemTotal: 9 kB\nMemAvailable:    7 kB\n");
    assertThat(new HostMemory(root).availableBytes()).isEqualTo(7 * 1024);
  }

  @Test
  void givenNothingToRead_whenMeasured_thenNothingLimits() {
    assertThat(new HostMemory(root).availableBytes()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void givenControlGroups_whenMeasured_thenTheTightestOnTheWayUpCounts() throws IOException {
    write("proc/self/cgroup", "0::/outer/inner\n");
    write("sys/fs/cgroup/outer/memory.max", "1000\n");
    write("sys/fs/cgroup/outer/memory.current", "900\n");
    write("sys/fs/cgroup/outer/memory.stat", "anon 1\ninactive_file 250\n");
    write("sys/fs/cgroup/outer/inner/memory.max", "max\n");
    write("sys/fs/cgroup/outer/inner/memory.current", "900\n");
    assertThat(new HostMemory(root).availableBytes()).isEqualTo(350);
  }

  @Test
  void givenControlGroupsOfVersion1_whenMeasured_thenTheyCount() throws IOException {
    write("proc/self/cgroup", "4:memory:/docker/x\n3:cpu:/docker/x\n");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "500\n");
    write("sys/fs/cgroup/memory/memory.usage_in_bytes", "600\n");
    assertThat(new HostMemory(root).availableBytes()).isZero();
  }

  private void write(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
