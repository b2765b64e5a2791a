package dev.muster.worker.checkpoint.persist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.worker.checkpoint.restore.CheckpointSource;
import dev.muster.worker.checkpoint.restore.ModelState;
import dev.muster.worker.checkpoint.restore.Restore;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import dev.muster.worker.checkpoint.snapshot.SnapshotReader;
import dev.muster.worker.checkpoint.snapshot.SnapshotWriter;
import dev.muster.worker.checkpoint.storage.Catalog;
import dev.muster.worker.checkpoint.storage.CheckpointWriter;
import dev.muster.worker.checkpoint.storage.DamagedCheckpointException;
import dev.muster.worker.checkpoint.storage.Manifest;
import dev.muster.worker.checkpoint.storage.PosixStorage;
import dev.muster.worker.checkpoint.storage.Retention;
import dev.muster.worker.checkpoint.storage.Verification.Depth;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From snapshots to a committed checkpoint, and back into memory. */
class PersistTest {
  private static final long GENERATION = 2;

  @TempDir private Path folder;
  private SnapshotPlaces places;
  private PosixStorage storage;
  private CheckpointWriter writer;

  @BeforeEach
  void make() {
    places = new SnapshotPlaces(folder.resolve("shm"), folder.resolve("disk"), n -> {});
    storage = new PosixStorage(folder.resolve("storage"));
    writer = new CheckpointWriter(storage);
  }

  private void snapshots(
      List<ModelState.Tensor> model,
      int worldSize,
      ModelState.Cut cut,
      long generation,
      long step) {
    var ranks = ModelState.full(model, worldSize, cut);
    for (int rank = 0; rank < worldSize; rank++) {
      try (var snapshots = new SnapshotWriter(places, "rank-" + rank)) {
        snapshots.save(new SnapshotPoint(step, generation, rank, worldSize), ranks.get(rank));
      }
    }
  }

  private void snapshots(int worldSize, long generation, long step) {
    snapshots(ModelState.MODEL, worldSize, ModelState::standard, generation, step);
  }

  private Manifest.Shard persist(int rank, long generation, long step) throws IOException {
    try (var reader = SnapshotReader.open(places, "rank-" + rank).orElseThrow();
        var snapshot = reader.of(generation, step).orElseThrow()) {
      return Persist.write(snapshot, writer);
    }
  }

  private Manifest persistAll(int worldSize, long generation, long step) throws IOException {
    for (int rank = 0; rank < worldSize; rank++) {
      persist(rank, generation, step);
    }
    return writer.commitParts("job", "run-1", step, generation, worldSize);
  }

  private void assertRestores(
      List<ModelState.Tensor> model, ModelState.Cut cut, int worldSize, long step, String what)
      throws IOException {
    try (var source = CheckpointSource.open(storage, step)) {
      for (var rank : ModelState.empty(model, worldSize, cut)) {
        Restore.load(source, rank);
        ModelState.assertFull(model, rank, what);
      }
    }
  }

  private List<String> files(long step) throws IOException {
    return storage.files(step).stream().map(f -> f.file()).toList();
  }

  @Test
  void givenEightRanks_whenPersisted_thenAnyWorldSizeRestores() throws IOException {
    snapshots(8, GENERATION, 7);
    var manifest = persistAll(8, GENERATION, 7);
    assertThat(manifest.worldSize()).isEqualTo(8);
    assertThat(files(7)).hasSize(9).noneMatch(f -> f.startsWith("shard") && f.endsWith(".json"));
    for (int to : List.of(8, 6, 3, 12, 1)) {
      assertRestores(ModelState.MODEL, ModelState::standard, to, 7, "to " + to);
    }
    long written = manifest.shards().stream().mapToLong(s -> s.tensors().size()).sum();
    assertThat(written).as("each replica once").isEqualTo(3 * 8 + 3);
  }

  @Test
  void givenAnyLayout_whenPersisted_thenAnyOtherRestores() throws IOException {
    for (long seed = 1; seed <= 40; seed++) {
      var random = new Random(seed);
      var model = ModelState.random(random);
      int from = 1 + random.nextInt(9);
      snapshots(model, from, ModelState.anyhow(random), GENERATION, seed);
      persistAll(from, GENERATION, seed);
      int to = 1 + random.nextInt(9);
      assertRestores(model, ModelState.anyhow(random), to, seed, "seed=" + seed);
    }
  }

  @Test
  void givenAMissingPart_whenCommitted_thenRefusedAndNamedAndTheFormerStays() throws IOException {
    snapshots(3, GENERATION, 7);
    persistAll(3, GENERATION, 7);
    snapshots(3, GENERATION, 8);
    persist(0, GENERATION, 8);
    persist(2, GENERATION, 8);
    assertThatThrownBy(() -> writer.commitParts("job", "run-1", 8, GENERATION, 3))
        .isInstanceOf(DamagedCheckpointException.class)
        .hasMessageContaining("step=8 generation=2 worldSize=3 missing=[shard-1.g2.json]")
        .hasMessageContaining("found=[shard-0.g2.json, shard-2.g2.json]");
    assertThat(new Catalog(storage).newestValid(99, Depth.BYTES).step()).hasValue(7);
    persist(1, GENERATION, 8);
    writer.commitParts("job", "run-1", 8, GENERATION, 3);
    assertRestores(ModelState.MODEL, ModelState::standard, 2, 8, "completed");
  }

  @Test
  void givenShardsOfTwoGenerations_whenCommitted_thenRefused() throws IOException {
    snapshots(2, 2, 7);
    persist(0, 2, 7);
    persist(1, 2, 7);
    snapshots(2, 3, 7);
    persist(0, 3, 7);
    assertThatThrownBy(() -> writer.commitParts("job", "run-1", 7, 3, 2))
        .hasMessageContaining("missing=[shard-1.g3.json]")
        .hasMessageContaining("found=[shard-0.g2.json, shard-0.g3.json, shard-1.g2.json]");
    persist(1, 3, 7);
    assertThat(writer.commitParts("job", "run-1", 7, 3, 2).generation()).isEqualTo(3);
    assertThat(files(7))
        .containsExactly("manifest.json", "shard-0.g3.safetensors", "shard-1.g3.safetensors");
  }

  @Test
  void givenPartsOfAnotherGroup_whenCommitted_thenRefusedAndBothAreNamed() throws IOException {
    snapshots(2, GENERATION, 7);
    persist(0, GENERATION, 7);
    persist(1, GENERATION, 7);
    assertThatThrownBy(() -> writer.commitParts("job", "run-1", 7, GENERATION, 1))
        .hasMessageContaining("part of another shard: file=")
        .hasMessageContaining("worldSize=1 rank=0] actual=[step=7 generation=2 worldSize=2");
    Path step = folder.resolve("storage/step-7");
    Files.copy(step.resolve("shard-1.g2.json"), step.resolve("shard-0.g4.json"));
    Files.copy(step.resolve("shard-1.g2.json"), step.resolve("shard-1.g4.json"));
    assertThatThrownBy(() -> writer.commitParts("job", "run-1", 7, 4, 2))
        .hasMessageContaining("expected=[step=7 generation=4 worldSize=2 rank=0]");
  }

  @Test
  void givenAShardThatIsNotAsItsPartSays_whenCommitted_thenRefused() throws IOException {
    snapshots(2, GENERATION, 7);
    persist(0, GENERATION, 7);
    persist(1, GENERATION, 7);
    Path shard = folder.resolve("storage/step-7/shard-1.g2.safetensors");
    byte[] bytes = Files.readAllBytes(shard);
    Files.write(shard, new byte[3]);
    assertThatThrownBy(() -> writer.commitParts("job", "run-1", 7, GENERATION, 2))
        .hasMessageContaining("kind=TRUNCATED file=shard-1.g2.safetensors");
    Files.delete(shard);
    assertThatThrownBy(() -> writer.commitParts("job", "run-1", 7, GENERATION, 2))
        .hasMessageContaining("kind=MISSING file=shard-1.g2.safetensors");
    Files.write(shard, bytes);
    Path part = folder.resolve("storage/step-7/shard-1.g2.json");
    byte[] json = Files.readAllBytes(part);
    Files.write(part, new byte[] {'{'});
    assertThatThrownBy(() -> writer.commitParts("job", "run-1", 7, GENERATION, 2))
        .hasMessageContaining("not a part: file=" + part);
    assertThat(new Catalog(storage).newestValid(99, Depth.SIZES).step()).isEmpty();
    Files.write(part, json);
    writer.commitParts("job", "run-1", 7, GENERATION, 2);
  }

  @Test
  void givenACommittedStep_whenCommittedAgain_thenTheSameManifestOrARefusalOfAnotherGroup()
      throws IOException {
    snapshots(2, GENERATION, 7);
    var manifest = persistAll(2, GENERATION, 7);
    assertThat(writer.commitParts("job", "run-1", 7, GENERATION, 2)).isEqualTo(manifest);
    assertThatThrownBy(() -> writer.commitParts("job", "run-1", 7, 3, 2))
        .hasMessageContaining("missing=");
    assertThatThrownBy(() -> persist(0, GENERATION, 7))
        .hasMessageContaining("checkpoint exists: step=7");
  }

  @Test
  void givenADamagedSnapshot_whenPersisted_thenNoPartSaysThatItsShardIsThere() throws IOException {
    snapshots(1, GENERATION, 7);
    try (var reader = SnapshotReader.open(places, "rank-0").orElseThrow();
        var snapshot = reader.of(GENERATION, 7).orElseThrow()) {
      invertFirstByteOfData(snapshot.layout().dataBytes());
      assertThatThrownBy(() -> Persist.write(snapshot, writer))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("cannot write a shard: step=7 generation=2 rank=0")
          .hasMessageContaining("snapshot is damaged");
    }
    assertThat(files(7)).isEmpty();
  }

  /** The data lie behind the table and the sums, in the first pages of the first buffer. */
  private void invertFirstByteOfData(long dataBytes) throws IOException {
    Path file = folder.resolve("shm/rank-0.snap");
    byte[] first =
        ModelState.full(ModelState.MODEL, 1, ModelState::standard)
            .getFirst()
            .getFirst()
            .memory()
            .toArray(ValueLayout.JAVA_BYTE);
    byte[] all = Files.readAllBytes(file);
    int at = 4096;
    while (!Arrays.equals(all, at, at + first.length, first, 0, first.length)) {
      at += 64;
    }
    try (var out = new RandomAccessFile(file.toFile(), "rw")) {
      out.seek(at);
      out.write(~first[0]);
    }
    assertThat(dataBytes).isPositive();
  }

  @Test
  void givenARetention_whenPrunedAfterEachCommit_thenTheLastOnesAndTheMultiplesStay()
      throws IOException {
    for (long step = 1; step <= 7; step++) {
      snapshots(2, GENERATION, step);
      persistAll(2, GENERATION, step);
      new Catalog(storage).prune(new Retention(2, 3), Depth.SIZES);
    }
    assertThat(storage.steps()).containsExactly(3L, 6L, 7L);
    assertRestores(ModelState.MODEL, ModelState::standard, 3, 3, "kept");
  }

  @Test
  void givenTrainingThatGoesOn_whenPersisted_thenTheShardHoldsTheStepThatWasPinned()
      throws IOException {
    var ranks = ModelState.full(ModelState.MODEL, 1, ModelState::standard);
    try (var saving = new SnapshotWriter(places, "rank-0")) {
      saving.save(new SnapshotPoint(7, GENERATION, 0, 1), ranks.getFirst());
      try (var reader = SnapshotReader.open(places, "rank-0").orElseThrow();
          var snapshot = reader.of(GENERATION, 7).orElseThrow()) {
        ranks.getFirst().forEach(t -> t.memory().fill((byte) 0));
        saving.save(new SnapshotPoint(8, GENERATION, 0, 1), ranks.getFirst());
        saving.save(new SnapshotPoint(9, GENERATION, 0, 1), ranks.getFirst());
        Persist.write(snapshot, writer);
      }
    }
    writer.commitParts("job", "run-1", 7, GENERATION, 1);
    assertRestores(ModelState.MODEL, ModelState::standard, 2, 7, "pinned");
  }
}
