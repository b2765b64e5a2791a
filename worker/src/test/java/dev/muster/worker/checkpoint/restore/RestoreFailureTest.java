package dev.muster.worker.checkpoint.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.collectives.DType;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.restore.ModelState.Tensor;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import dev.muster.worker.checkpoint.snapshot.SnapshotWriter;
import dev.muster.worker.checkpoint.storage.Box;
import dev.muster.worker.checkpoint.storage.CheckpointWriter;
import dev.muster.worker.checkpoint.storage.Manifest;
import dev.muster.worker.checkpoint.storage.PosixStorage;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be restored says why, and leaves the targets as they were. */
class RestoreFailureTest {
  private static final int RANKS = 4;
  private static final byte BEFORE = 0x5A;
  private static final List<String> NAMES =
      IntStream.range(0, RANKS).mapToObj(r -> "rank-" + r).toList();

  @TempDir private Path folder;
  private SnapshotPlaces places;
  private PosixStorage storage;
  private List<NamedTensor> targets;

  @BeforeEach
  void save() throws IOException {
    places = new SnapshotPlaces(folder.resolve("shm"), folder.resolve("disk"), n -> {});
    storage = new PosixStorage(folder.resolve("storage"));
    var ranks = ModelState.full(ModelState.MODEL, RANKS, ModelState::standard);
    for (int rank = 0; rank < RANKS; rank++) {
      snapshot("rank-" + rank, new SnapshotPoint(9, 2, rank, RANKS), ranks.get(rank));
    }
    store(9, ranks);
    targets = ModelState.empty(ModelState.MODEL, 1, ModelState::standard).getFirst();
    targets.forEach(t -> t.memory().fill(BEFORE));
  }

  private void snapshot(String name, SnapshotPoint point, List<NamedTensor> tensors) {
    try (var writer = new SnapshotWriter(places, name)) {
      writer.save(point, tensors);
    }
  }

  private void store(long step, List<List<NamedTensor>> ranks) throws IOException {
    var writer = new CheckpointWriter(storage);
    var shards = new ArrayList<Manifest.Shard>();
    for (int rank = 0; rank < ranks.size(); rank++) {
      shards.add(writer.writeShard(step, 2, rank, ranks.get(rank)));
    }
    writer.commit(new Manifest(Manifest.FORMAT, "job", "run-1", step, ranks.size(), 2, 1, shards));
  }

  private Path snapshotFile(int rank) {
    return folder.resolve("shm").resolve("rank-" + rank + ".snap");
  }

  private Path shard(int rank) {
    return folder.resolve("storage/step-9/shard-" + rank + ".g2.safetensors");
  }

  /** Inverts the bytes of a tensor's piece, wherever in the file they lie. */
  private static void damage(Path file, List<NamedTensor> rank, String name) throws IOException {
    var tensor = rank.stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
    byte[] wanted = tensor.memory().toArray(ValueLayout.JAVA_BYTE);
    byte[] all = Files.readAllBytes(file);
    int at = 0;
    while (!Arrays.equals(all, at, at + wanted.length, wanted, 0, wanted.length)) {
      at++;
    }
    try (var out = new RandomAccessFile(file.toFile(), "rw")) {
      out.seek(at);
      out.write(~wanted[0]);
    }
  }

  private static List<NamedTensor> saved(int rank) {
    return ModelState.full(ModelState.MODEL, RANKS, ModelState::standard).get(rank);
  }

  private StateSource memory() throws IOException {
    return SnapshotSource.open(places, NAMES, 2, 9);
  }

  private StateSource stored() throws IOException {
    return CheckpointSource.open(storage, 9);
  }

  private void assertUnusable(StateSource opened, String... parts) throws IOException {
    try (var source = opened) {
      assertThatThrownBy(() -> Restore.load(source, targets))
          .isInstanceOf(UnusableStateException.class)
          .hasMessageContaining("step=9 generation=2")
          .hasMessageContaining("nothing was loaded")
          .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }
  }

  @AfterEach
  void assertUntouched() {
    for (var target : targets) {
      byte[] bytes = target.memory().toArray(ValueLayout.JAVA_BYTE);
      for (byte b : bytes) {
        assertThat(b).as(target.name()).isEqualTo(BEFORE);
      }
    }
  }

  private void assertLoadsWithout(StateSource opened, String damaged) throws IOException {
    try (var source = opened) {
      var ranks = ModelState.empty(ModelState.MODEL, 3, ModelState::standard);
      for (var rank : ranks) {
        var loaded = Restore.load(source, rank);
        ModelState.assertFull(ModelState.MODEL, rank, damaged);
        assertThat(loaded.damaged()).anySatisfy(d -> assertThat(d).contains(damaged));
      }
    }
  }

  @Test
  void givenADamagedBlockOfAShard_whenRestored_thenTensorBoxAndFileAreNamed() throws IOException {
    damage(snapshotFile(2), saved(2), "rows/adamw.m");
    assertUnusable(
        memory(),
        "a part of a tensor is nowhere: tensor=rows/adamw.m box=[0:101] missing=[[50:75]]",
        "tensor=rows/adamw.m box=[50:75]: snapshot is damaged: file=" + snapshotFile(2),
        "block=0 of 1");
  }

  @Test
  void givenADamagedReplica_whenRestored_thenAnotherOneIsTakenAndTheDamageIsTold()
      throws IOException {
    damage(snapshotFile(0), saved(0), "norm");
    assertLoadsWithout(memory(), "tensor=norm box=[0:17]: snapshot is damaged: file=");
  }

  @Test
  void givenAMissingShard_whenRestored_thenItsBoxesAndItsSnapshotAreNamed() throws IOException {
    places.remove("rank-1");
    assertUnusable(
        memory(),
        "tensor=rows/embedding box=[0:29, 0:16] missing=[[7:14, 0:16]]",
        "absent=[snapshot=rank-1 (none)]");
  }

  @Test
  void givenASnapshotOfAnotherStepOnly_whenRestored_thenItIsNotTaken() throws IOException {
    places.remove("rank-1");
    snapshot("rank-1", new SnapshotPoint(9, 1, 1, RANKS), saved(1));
    snapshot("rank-1", new SnapshotPoint(8, 2, 1, RANKS), saved(1));
    assertUnusable(memory(), "missing=[[7:14, 0:16]]", "snapshot=rank-1 (of other steps only)");
  }

  @Test
  void givenAFileThatIsNoSnapshot_whenRestored_thenItIsNamed() throws IOException {
    Files.write(snapshotFile(3), new byte[10_000]);
    assertUnusable(memory(), "snapshot=rank-3 (snapshot is damaged: file=" + snapshotFile(3));
  }

  @Test
  void givenASnapshotOfAnotherGroup_whenOpened_thenRefused() {
    snapshot("rank-1", new SnapshotPoint(9, 2, 1, 5), saved(1));
    assertThatThrownBy(this::memory)
        .isInstanceOf(UnusableStateException.class)
        .hasMessageContaining("worldSizes=[4, 5]");
  }

  @Test
  void givenAnotherModel_whenRestored_thenBothTensorsAreDescribed() throws IOException {
    targets = List.of(new Tensor("norm", DType.FLOAT32, List.of(17L)).at(Box.whole(List.of(17L))));
    targets.forEach(t -> t.memory().fill(BEFORE));
    String expected = "another tensor of this name: tensor=norm expected=F32[17] actual=F64[17]";
    assertUnusable(memory(), expected + " file=" + snapshotFile(0));
    assertUnusable(stored(), expected + " file=shard-0.g2.safetensors");
    targets = List.of(NamedTensor.replicated("bias", DType.UINT8, new long[0], memory(1)));
    assertUnusable(memory(), "no such tensor: tensor=bias box=[]");
  }

  private static MemorySegment memory(long bytes) {
    return Arena.ofAuto().allocate(bytes).fill(BEFORE);
  }

  @Test
  void givenMemoryThatDoesNotFit_whenRestored_thenRefusedBeforeAnythingIsRead() throws IOException {
    try (var source = memory()) {
      var small = NamedTensor.replicated("norm", DType.FLOAT64, new long[] {17}, memory(8));
      assertThatThrownBy(() -> Restore.load(source, List.of(small)))
          .hasMessageContaining("tensor=norm box=[0:17] expectedBytes=136 actualBytes=8");
      var fixed =
          NamedTensor.replicated("norm", DType.FLOAT64, new long[] {17}, memory(136).asReadOnly());
      assertThatThrownBy(() -> Restore.load(source, List.of(fixed)))
          .hasMessageContaining("readOnly=true");
    }
  }

  @Test
  void givenADamagedShardFile_whenRestored_thenItIsNamed() throws IOException {
    damage(shard(1), saved(1), "rows/adamw.m");
    assertUnusable(
        stored(),
        "tensor=rows/embedding box=[0:29, 0:16] missing=[[7:14, 0:16]]",
        "kind=DAMAGED file=shard-1.g2.safetensors (bytes changed: expectedCrc32c=");
  }

  @Test
  void givenADamagedFileWhosePiecesOthersHold_whenRestored_thenTheyAreTaken() throws IOException {
    damage(shard(0), saved(0), "norm");
    try (var source = stored()) {
      var model = ModelState.MODEL.subList(3, 6);
      var rank = ModelState.empty(model, 1, ModelState::standard).getFirst();
      var loaded = Restore.load(source, rank);
      ModelState.assertFull(model, rank, "replicas");
      assertThat(loaded.files()).containsExactly("shard-1.g2.safetensors");
      assertThat(loaded.damaged()).hasSize(3);
    }
  }

  @Test
  void givenAMissingATruncatedOrAForeignShardFile_whenRestored_thenItIsNamed() throws IOException {
    Files.delete(shard(0));
    assertUnusable(stored(), "kind=MISSING file=shard-0.g2.safetensors (expectedBytes=");
    Files.write(shard(0), new byte[5]);
    assertUnusable(stored(), "kind=TRUNCATED file=shard-0.g2.safetensors (expectedBytes=");
    var others = ModelState.empty(ModelState.MODEL, RANKS, ModelState::standard);
    store(10, others);
    Path foreign = folder.resolve("storage/step-10/shard-0.g2.safetensors");
    Files.copy(foreign, shard(0), StandardCopyOption.REPLACE_EXISTING);
    assertUnusable(stored(), "kind=DAMAGED file=shard-0.g2.safetensors");
  }

  @Test
  void givenNoCheckpointOfTheStep_whenOpened_thenToldSo() throws IOException {
    assertThatThrownBy(() -> CheckpointSource.open(storage, 7))
        .isInstanceOf(UnusableStateException.class)
        .hasMessageContaining("cannot restore: step=7");
    Files.write(folder.resolve("storage/step-9/manifest.json"), new byte[5]);
    assertThatThrownBy(this::stored)
        .isInstanceOf(UnusableStateException.class)
        .hasMessageContaining("not a manifest");
  }

  @Test
  void givenACheckpointOfAnotherGroup_whenOpened_thenBothAreNamedAndItIsNotLoaded()
      throws IOException {
    assertThatThrownBy(() -> CheckpointSource.open(storage, 9, 3))
        .isInstanceOf(UnusableStateException.class)
        .hasMessageContaining("cannot restore: step=9")
        .hasMessageContaining("another history: expectedGeneration=3 actualGeneration=2 job=job");
    CheckpointSource.open(storage, 9, 2).close();
  }

  @Test
  void givenAForeignFileBesideTheShards_whenRestored_thenItIsLeftAlone() throws IOException {
    Files.write(folder.resolve("storage/step-9/notes.txt"), new byte[5]);
    Files.delete(folder.resolve("storage/step-9/manifest.json"));
    storage = new PosixStorage(folder.resolve("other"));
    store(9, ModelState.full(ModelState.MODEL, RANKS, ModelState::standard));
    Files.write(folder.resolve("other/step-9/shard-9.g2.safetensors"), new byte[5]);
    try (var source = stored()) {
      var rank = ModelState.empty(ModelState.MODEL, 3, ModelState::standard).get(1);
      assertThat(Restore.load(source, rank).damaged()).isEmpty();
      ModelState.assertFull(ModelState.MODEL, rank, "foreign");
    }
  }
}
