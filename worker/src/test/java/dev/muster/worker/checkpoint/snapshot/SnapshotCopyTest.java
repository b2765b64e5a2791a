package dev.muster.worker.checkpoint.snapshot;

import static dev.muster.worker.checkpoint.snapshot.SavedState.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A snapshot's bytes, fed by hand. */
class SnapshotCopyTest {
  private static final int SEEDS = Integer.getInteger("muster.copy.seeds", 40);
  private static final long FIRST_SEED = Long.getLong("muster.copy.seed", 1);
  private static final int MIB = 1 << 20;

  @TempDir private Path folder;
  private final Arena arena = Arena.ofShared();
  private SnapshotPlaces from;
  private SnapshotPlaces to;

  @BeforeEach
  void make() {
    from = new SnapshotPlaces(folder.resolve("from"), folder.resolve("from-disk"), note -> {});
    to = new SnapshotPlaces(folder.resolve("to"), folder.resolve("to-disk"), note -> {});
  }

  @AfterEach
  void close() {
    arena.close();
  }

  /** As they lie in the buffer, and as they are described. */
  private record Saved(SnapshotImage image, byte[] bytes) {}

  private Saved save(SnapshotPoint point, SavedState state) {
    try (var writer = new SnapshotWriter(from, "r")) {
      writer.save(point, state.tensors());
    }
    try (var reader = SnapshotReader.open(from, "r").orElseThrow();
        var snapshot = reader.of(point).orElseThrow()) {
      return new Saved(snapshot.image(), snapshot.bytes().toArray(ValueLayout.JAVA_BYTE));
    }
  }

  private void copy(Saved saved, Random random, int largest) throws CopyRefusedException {
    try (var copy = SnapshotCopy.begin(to, "c", saved.image())) {
      for (int at = 0; at < saved.bytes().length; ) {
        int count = Math.min(saved.bytes().length - at, 1 + random.nextInt(largest));
        var piece = MemorySegment.ofArray(saved.bytes()).asSlice(at, count);
        copy.take(at, piece);
        at += count;
      }
      copy.complete();
    }
  }

  private static SavedState random(Arena arena, Random random) {
    var sizes = new long[random.nextInt(5)];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = random.nextInt(3) == 0 ? random.nextInt(3 * MIB) : random.nextInt(200);
    }
    return SavedState.of(arena, "t", sizes);
  }

  @Test
  void givenPiecesOfAnySize_whenAllAreThere_thenTheCopyIsTheSnapshot() throws Exception {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      String replay = "replay: -Dmuster.copy.seeds=1 -Dmuster.copy.seed=" + seed;
      var random = new Random(seed);
      var state = random(arena, random).fill(seed);
      var saved = save(at(seed, 1), state);
      copy(saved, random, random.nextBoolean() ? 3 * MIB : 10_000);
      try (var reader = SnapshotReader.open(to, "c").orElseThrow();
          var copied = reader.of(at(seed, 1)).orElseThrow()) {
        copied.verify();
        assertThat(copied.bytes().mismatch(MemorySegment.ofArray(saved.bytes())))
            .as(replay)
            .isEqualTo(-1);
      }
    }
  }

  @Test
  void givenAnyByteThatCounts_whenDamaged_thenItIsNamedAndTheCopyBeforeStays() throws Exception {
    var state = SavedState.of(arena, "t", 2 * MIB + 77, 13, 0, 500);
    copy(save(at(1, 1), state.fill(1)), new Random(0), MIB);
    var saved = save(at(2, 1), state.fill(2));
    var header = saved.image().header(0);
    var random = new Random(FIRST_SEED);
    for (int i = 0; i < SEEDS; i++) {
      boolean data = random.nextBoolean();
      int at =
          (int)
              (data
                  ? header.dataOffset() + random.nextInt(2 * MIB + 77)
                  : random.nextInt((int) header.tableBytes()));
      byte bit = (byte) (1 << random.nextInt(8));
      saved.bytes()[at] ^= bit;
      assertThatThrownBy(() -> copy(saved, random, MIB))
          .as("byte %d, replay: -Dmuster.copy.seed=%d", at, FIRST_SEED)
          .isInstanceOf(SnapshotDamagedException.class)
          .hasMessageContaining("step=2")
          .hasMessageContaining(
              data ? "tensor=t.0 block=" + (at - header.dataOffset()) / MIB : "table");
      saved.bytes()[at] ^= bit;
      assertThat(points()).containsExactly(at(1, 1));
    }
  }

  private List<SnapshotPoint> points() {
    var census = SnapshotCensus.of(to);
    assertThat(census.damaged()).isEmpty();
    return census.complete().stream().map(SnapshotCensus.Found::point).toList();
  }

  @Test
  void givenABlockIsMissing_whenCompleted_thenItThrowsAndNothingIsListed() throws Exception {
    var saved = save(at(1, 1), SavedState.of(arena, "t", 2 * MIB).fill(1));
    try (var copy = SnapshotCopy.begin(to, "c", saved.image())) {
      copy.take(0, MemorySegment.ofArray(saved.bytes()).asSlice(0, saved.bytes().length - 1));
      assertThatThrownBy(copy::complete)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("expectedBlocks=2 has=1");
    }
    assertThat(points()).isEmpty();
    assertThat(to.shared()).isEmptyDirectory();
  }

  @Test
  void givenAPieceOutOfPlace_whenTaken_thenItThrows() throws Exception {
    var saved = save(at(1, 1), SavedState.of(arena, "t", 100).fill(1));
    var all = MemorySegment.ofArray(saved.bytes());
    try (var copy = SnapshotCopy.begin(to, "c", saved.image())) {
      copy.take(0, all.asSlice(0, 50));
      assertThatThrownBy(() -> copy.take(60, all.asSlice(60, 1)))
          .hasMessageContaining("expectedOffset=50");
      assertThatThrownBy(() -> copy.take(50, all)).hasMessageContaining("sizeBytes");
    }
  }

  @Test
  void givenAWriterOfTheSameName_whenBegun_thenInUseAndTheWriterGoesOn() throws Exception {
    var state = SavedState.of(arena, "t", 100);
    var saved = save(at(9, 1), state.fill(9));
    try (var writer = new SnapshotWriter(to, "c")) {
      writer.save(at(1, 1), state.fill(1).tensors());
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> SnapshotCopy.begin(to, "c", saved.image()))
            .isInstanceOfSatisfying(
                CopyRefusedException.class,
                e -> assertThat(e.reason()).isEqualTo(CopyRefusedException.Reason.IN_USE));
      }
      assertThat(writer.save(at(2, 1), state.fill(2).tensors())).isInstanceOf(Outcome.Saved.class);
    }
    copy(saved, new Random(0), MIB);
    assertThat(points()).containsExactly(at(2, 1), at(9, 1));
  }

  @Test
  void givenAnotherFormatOrByteOrder_whenBegun_thenUnreadable() {
    var image = save(at(1, 1), SavedState.of(arena, "t", 100)).image();
    assertUnreadable(image, image.format() + 1, image.byteOrder());
    assertUnreadable(image, image.format(), "BIG_ENDIAN");
  }

  private void assertUnreadable(SnapshotImage image, int format, String byteOrder) {
    var other =
        new SnapshotImage(
            format,
            byteOrder,
            image.point(),
            image.tableBytes(),
            image.blocks(),
            image.dataBytes(),
            image.tableCrc(),
            image.sumsCrc());
    assertThatThrownBy(() -> SnapshotCopy.begin(to, "c", other))
        .isInstanceOfSatisfying(
            CopyRefusedException.class,
            e -> assertThat(e.reason()).isEqualTo(CopyRefusedException.Reason.UNREADABLE));
  }
}
