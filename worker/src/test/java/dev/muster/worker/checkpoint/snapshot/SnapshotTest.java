package dev.muster.worker.checkpoint.snapshot;

import static dev.muster.worker.checkpoint.snapshot.SavedState.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.collectives.DType;
import dev.muster.worker.NamedTensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotTest {
  private static final long MIB = 1 << 20;
  private static final long BYTES = 4 * MIB + 22;

  @TempDir private Path folder;
  private final Arena arena = Arena.ofShared();
  private final AtomicLong nowMs = new AtomicLong(1);
  private final List<String> notes = new ArrayList<>();
  private SnapshotPlaces places;
  private SnapshotWriter writer;
  private SavedState state;

  @BeforeEach
  void open() {
    places = new SnapshotPlaces(folder.resolve("shm"), folder.resolve("disk"), notes::add);
    writer = new SnapshotWriter(places, "rank-0", nowMs::get);
    state = SavedState.of(arena, "w", 3 * MIB + 5, 0, 17, MIB);
  }

  @AfterEach
  void close() {
    writer.close();
    arena.close();
  }

  @Test
  void givenNoSave_whenRead_thenThereIsNothing() {
    assertThat(SnapshotReader.open(places, "rank-0")).isEmpty();
  }

  @Test
  void givenSaves_whenRead_thenTheNewestAndTheOneBeforeAreThereByteByByte() {
    for (long step = 1; step <= 5; step++) {
      assertThat(save(step)).isInstanceOf(Outcome.Saved.class);
    }
    assertThat(restored(5)).isTrue();
    assertThat(restored(4)).isTrue();
    try (var reader = reader();
        var newest = reader.newest().orElseThrow()) {
      assertThat(newest.step()).isEqualTo(5);
      assertThat(newest.generation()).isEqualTo(7);
      assertThat(newest.layout().dataBytes()).isGreaterThan(4 * MIB);
      assertThat(reader.ofStep(3)).isEmpty();
    }
  }

  @Test
  void givenAnotherProcessOfTheRank_whenItGoesOn_thenTheNewestStays() {
    save(1);
    save(2);
    writer.close();
    writer = new SnapshotWriter(places, "rank-0", nowMs::get);
    writer.begin(at(3, 7), state.fill(3).tensors());
    assertThat(newestStep()).isEqualTo(2);
    writer.fence();
    assertThat(newestStep()).isEqualTo(3);
    assertThat(restored(2)).isTrue();
  }

  @Test
  void givenASaveInFlight_whenFenced_thenItHoldsTheStateFromBeforeTheFence() {
    for (long step = 1; step <= 20; step++) {
      writer.begin(at(step, 7), state.fill(step).tensors());
      assertThat(writer.fence().orElseThrow().step()).isEqualTo(step);
      state.fill(1_000); // what apply does
      assertThat(restored(step)).isTrue();
    }
    assertThat(writer.fence()).isEmpty();
  }

  @Test
  void givenASaveInFlight_whenTheWriterIsClosed_thenTheOneBeforeStays() {
    save(1);
    writer.begin(at(2, 7), state.fill(2).tensors());
    assertThatThrownBy(() -> save(3)).hasMessageContaining("call fence()");
    writer.close();
    assertThat(newestStep()).isEqualTo(1);
    assertThat(restored(1)).isTrue();
  }

  @Test
  void givenMemoryOfOneThread_whenSaved_thenThatThreadCopies() {
    try (var confined = Arena.ofConfined()) {
      var own = SavedState.of(confined, "w", 2 * MIB).fill(1);
      writer.save(at(1, 7), own.tensors());
      own.fill(2);
      try (var reader = reader();
          var newest = reader.newest().orElseThrow()) {
        newest.restore(own.tensors());
      }
      assertThat(own.sameBytes(SavedState.of(confined, "w", 2 * MIB).fill(1))).isTrue();
    }
  }

  @Test
  void givenAnotherLayout_whenSaved_thenEachBufferHasItsOwn() {
    save(1);
    var other = SavedState.of(arena, "v", 10, MIB).fill(2);
    writer.save(at(2, 8), other.tensors());
    assertThat(restored(1)).isTrue();
    try (var reader = reader();
        var newest = reader.newest().orElseThrow()) {
      assertThat(newest.layout().entries())
          .extracting(SnapshotLayout.Entry::name)
          .containsExactly("v.0", "v.1");
      assertThatThrownBy(() -> newest.restore(state.tensors()))
          .hasMessageContaining("another layout")
          .hasMessageContaining("name=v.0 saved=UINT8[10] box [[0, 10]] wanted=none")
          .hasMessageContaining("name=w.1 saved=none wanted=UINT8[0] box [[0, 0]]");
      newest.restore(other.fill(0).tensors());
    }
    assertThat(other.sameBytes(SavedState.of(arena, "v", 10, MIB).fill(2))).isTrue();
  }

  @Test
  void givenAStateThatOutgrowsTheFile_whenSaved_thenTheOldOneIsThereUntilTheNewOneIs() {
    save(1);
    var large = SavedState.of(arena, "w", 40 * MIB).fill(2);
    writer.begin(at(2, 8), large.tensors());
    assertThat(newestStep()).isEqualTo(1);
    writer.fence();
    assertThat(newestStep()).isEqualTo(2);
    writer.save(at(3, 8), large.fill(3).tensors());
    assertThat(newestStep()).isEqualTo(3);
    assertThat(files("shm")).containsExactly("rank-0.snap");
  }

  @Test
  void givenAPreparedWriter_whenItHasNotSaved_thenNothingIsVisible() {
    writer.prepare(state.tensors());
    assertThat(SnapshotReader.open(places, "rank-0")).isEmpty();
    save(1);
    writer.prepare(state.tensors());
    assertThat(restored(1)).isTrue();
  }

  @Test
  void givenAReader_whenTheWriterComesRound_thenItSavesInTheThirdPlaceAndTheReaderKeepsItsBytes() {
    save(1);
    try (var reader = reader();
        var pinned = reader.newest().orElseThrow()) {
      for (long step = 2; step <= 9; step++) {
        assertThat(save(step)).isInstanceOf(Outcome.Saved.class);
        assertThat(restored(step - 1)).as("the one before").isTrue();
      }
      pinned.restore(state.tensors());
      assertThat(state.sameBytes(expected(1))).isTrue();
    }
    assertThat(newestStep()).isEqualTo(9);
    assertThat(save(10)).isInstanceOf(Outcome.Saved.class);
    assertThat(restored(9)).isTrue();
  }

  @Test
  void givenReadersOfBothOthers_whenTheWriterComesRound_thenItSkipsAndTheNewestStays() {
    save(1);
    try (var reader = reader();
        var first = reader.newest().orElseThrow()) {
      save(2);
      try (var second = reader.newest().orElseThrow()) {
        save(3);
        assertThat(save(4))
            .isInstanceOfSatisfying(
                Outcome.Skipped.class,
                s -> assertThat(s.reason()).contains("pid=" + ProcessHandle.current().pid()));
        assertThat(first.step() + second.step()).isEqualTo(3);
      }
    }
    assertThat(newestStep()).isEqualTo(3);
    assertThat(save(5)).isInstanceOf(Outcome.Saved.class);
  }

  @Test
  void givenNobodyReads_whenSaved_thenTwoPlacesAreTaken_aThirdOnlyForAReader() {
    for (long step = 1; step <= 5; step++) {
      save(step);
    }
    long two = taken();
    assertThat(two).isBetween(2 * BYTES, 3 * BYTES - 1);
    try (var reader = reader();
        var pinned = reader.ofStep(4).orElseThrow()) {
      save(6);
      assertThat(taken()).isGreaterThanOrEqualTo(3 * BYTES);
      assertThat(pinned.step()).isEqualTo(4);
    }
  }

  /** Bytes of the file that have space behind them. */
  private long taken() {
    try (var file =
        SnapshotFile.openToRead(folder.resolve("shm").resolve("rank-0.snap"), nowMs::get)) {
      return file.buffers().stream().mapToLong(SnapshotBuffer::takenBytes).sum();
    }
  }

  @Test
  void givenAReaderThatHangs_whenItsLeaseIsOver_thenTheWriterGoesOnAndTheReaderIsTold() {
    save(1);
    try (var reader = reader();
        var pinned = reader.newest().orElseThrow()) {
      save(2);
      nowMs.addAndGet(SnapshotReader.LEASE_MS);
      assertThat(save(3)).isInstanceOf(Outcome.Saved.class);
      assertThatThrownBy(() -> pinned.restore(state.tensors()))
          .hasMessageContaining("lost a snapshot while reading it")
          .hasMessageContaining("step=1");
    }
  }

  @Test
  void givenAReaderThatIsSlow_whenItReadsOn_thenItsLeaseGoesOn() {
    save(1);
    try (var reader = reader();
        var pinned = reader.newest().orElseThrow()) {
      save(2);
      for (int i = 0; i < 3; i++) {
        nowMs.addAndGet(SnapshotReader.LEASE_MS - 1);
        pinned.verify();
        assertThat(save(3 + i)).isInstanceOf(Outcome.Saved.class);
      }
      pinned.restore(state.tensors());
      assertThat(state.sameBytes(expected(1))).isTrue();
    }
  }

  @Test
  void givenAWriter_whenASecondOneOpensTheFile_thenItIsRefused() {
    save(1);
    assertThatThrownBy(() -> new SnapshotWriter(places, "rank-0"))
        .hasMessageContaining("has a writer already")
        .hasMessageContaining("pid=" + ProcessHandle.current().pid());
  }

  @Test
  void givenShardsOfOneTensor_whenRestoredIntoAnotherBox_thenBothBoxesAreNamed() {
    writer.save(at(1, 7), List.of(shard(0)));
    try (var reader = reader();
        var newest = reader.newest().orElseThrow()) {
      newest.restore(List.of(shard(0)));
      assertThatThrownBy(() -> newest.restore(List.of(shard(4))))
          .hasMessageContaining("saved=FLOAT32[8] box [[0, 4]] wanted=FLOAT32[8] box [[4, 8]]");
    }
  }

  @Test
  void givenAStateThatIsNotOne_whenSaved_thenTheTensorIsNamed() {
    var twice = List.of(shard(0), shard(4));
    assertThatThrownBy(() -> writer.save(at(1, 7), twice))
        .hasMessageContaining("two tensors of one name: name=w");
    var wrong = NamedTensor.replicated("w", DType.FLOAT32, new long[] {3}, arena.allocate(8));
    assertThatThrownBy(() -> writer.save(at(1, 7), List.of(wrong)))
        .hasMessageContaining("expectedBytes=12 actualBytes=8");
  }

  @Test
  void givenStepsTakenBack_whenRead_thenTheyAreGoneAndTheNextSaveSparesTheRestored() {
    save(4);
    save(5);
    writer.rollBack(7, 4);
    assertThat(newestStep()).isEqualTo(4);
    try (var reader = reader()) {
      assertThat(reader.ofStep(5)).isEmpty();
      assertThat(reader.of(7, 5)).isEmpty();
    }
    writer.begin(at(5, 8), state.fill(5).tensors());
    assertThat(restored(4)).as("while the next save is under way").isTrue();
    writer.fence();
    assertThat(restored(4)).isTrue();
    assertThat(newestStep()).isEqualTo(5);
  }

  @Test
  void givenAllStepsTakenBack_whenRead_thenNoneIsThereAlsoForTheNextProcess() {
    save(4);
    save(5);
    writer.rollBack(7, 3);
    try (var reader = reader()) {
      assertThat(reader.newest()).isEmpty();
    }
    writer.close();
    writer = new SnapshotWriter(places, "rank-0", nowMs::get);
    save(4);
    assertThat(newestStep()).isEqualTo(4);
    try (var reader = reader()) {
      assertThat(reader.ofStep(5)).isEmpty();
    }
  }

  @Test
  void givenEachPoint_whenRolledBack_thenItAndEarlierOnesOfItsOrEarlierGroupsStay() {
    for (long step = 1; step <= 3; step++) {
      for (long generation = 1; generation <= 3; generation++) {
        boolean stays = step == 2 && generation == 2 || step == 1 && generation <= 2;
        assertThat(at(step, generation).survives(2, 2))
            .as("%s.%s", step, generation)
            .isEqualTo(stays);
      }
    }
  }

  @Test
  void givenTheFileItOutgrewStillThere_whenRolledBack_thenThatOneDoesNotComeBack()
      throws IOException {
    save(8);
    save(9);
    Path old = folder.resolve("disk").resolve("rank-0.snap");
    Files.copy(folder.resolve("shm").resolve("rank-0.snap"), old);
    save(10); // the writer died before it could delete the old one
    writer.rollBack(7, 7);
    assertThat(old).doesNotExist();
    try (var reader = reader()) {
      assertThat(reader.newest()).isEmpty();
    }
  }

  @Test
  void givenAReaderOfAStepTakenBack_whenItReadsOn_thenItsBytesStay() {
    save(4);
    save(5);
    try (var reader = reader();
        var pinned = reader.newest().orElseThrow()) {
      writer.rollBack(7, 4);
      assertThat(save(6)).isInstanceOf(Outcome.Saved.class);
      pinned.restore(state.tensors());
      assertThat(state.sameBytes(expected(5))).isTrue();
    }
    assertThat(newestStep()).isEqualTo(6);
    assertThat(restored(4)).isTrue();
  }

  @Test
  void givenAPoint_whenSaved_thenTheHeaderSaysIt() {
    var point = new SnapshotPoint(3, 2, 5, 8);
    writer.save(point, state.tensors());
    try (var reader = reader();
        var pinned = reader.of(2, 3).orElseThrow()) {
      assertThat(pinned.point()).isEqualTo(point);
      assertThat(reader.of(1, 3)).isEmpty();
    }
    assertThatThrownBy(() -> writer.save(new SnapshotPoint(3, 2, 8, 8), state.tensors()))
        .hasMessageContaining("rank=8, worldSize=8");
  }

  private NamedTensor shard(long from) {
    long[][] box = {{from, from + 4}};
    return new NamedTensor("w", DType.FLOAT32, new long[] {8}, box, arena.allocate(16));
  }

  private Outcome save(long step) {
    return writer.save(at(step, 7), state.fill(step).tensors());
  }

  private SnapshotReader reader() {
    return SnapshotReader.open(places, "rank-0", nowMs::get).orElseThrow();
  }

  private SavedState expected(long step) {
    return SavedState.of(arena, "w", 3 * MIB + 5, 0, 17, MIB).fill(step);
  }

  private boolean restored(long step) {
    var target = expected(0);
    try (var reader = reader();
        var snapshot = reader.ofStep(step).orElseThrow()) {
      snapshot.restore(target.tensors());
    }
    return target.sameBytes(expected(step));
  }

  private long newestStep() {
    try (var reader = reader();
        var newest = reader.newest().orElseThrow()) {
      newest.verify();
      return newest.step();
    }
  }

  private List<String> files(String directory) {
    try (var files = Files.list(folder.resolve(directory))) {
      return files.map(f -> f.getFileName().toString()).toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
