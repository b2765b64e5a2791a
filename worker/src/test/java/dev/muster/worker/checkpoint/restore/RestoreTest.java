package dev.muster.worker.checkpoint.restore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.restore.ModelState.Cut;
import dev.muster.worker.checkpoint.restore.ModelState.Tensor;
import dev.muster.worker.checkpoint.snapshot.SnapshotPlaces;
import dev.muster.worker.checkpoint.snapshot.SnapshotPoint;
import dev.muster.worker.checkpoint.snapshot.SnapshotWriter;
import dev.muster.worker.checkpoint.storage.CheckpointWriter;
import dev.muster.worker.checkpoint.storage.Manifest;
import dev.muster.worker.checkpoint.storage.PosixStorage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** States under one layout, restored under another, from memory and from storage. */
class RestoreTest {
  private static final int SEEDS = Integer.getInteger("muster.restore.seeds", 60);
  private static final long FIRST_SEED = Long.getLong("muster.restore.seed", 1);

  @TempDir private Path folder;

  private StateSource memory(List<List<NamedTensor>> ranks, String what) throws IOException {
    var places = new SnapshotPlaces(folder.resolve("shm" + what), folder.resolve(what), n -> {});
    for (int rank = 0; rank < ranks.size(); rank++) {
      try (var writer = new SnapshotWriter(places, "rank-" + rank)) {
        writer.save(new SnapshotPoint(9, 2, rank, ranks.size()), ranks.get(rank));
      }
    }
    var names = IntStream.range(0, ranks.size()).mapToObj(r -> "rank-" + r).toList();
    return SnapshotSource.open(places, names, 2, 9);
  }

  private StateSource stored(List<List<NamedTensor>> ranks, String what) throws IOException {
    var storage = new PosixStorage(folder.resolve("storage" + what));
    var writer = new CheckpointWriter(storage);
    var shards = new ArrayList<Manifest.Shard>();
    for (int rank = 0; rank < ranks.size(); rank++) {
      shards.add(writer.writeShard(9, 2, rank, ranks.get(rank)));
    }
    writer.commit(new Manifest(Manifest.FORMAT, "job", "run-1", 9, ranks.size(), 2, 1, shards));
    return CheckpointSource.open(storage, 9);
  }

  private void assertRestores(
      List<Tensor> model, int from, Cut cut, int to, Cut otherCut, String what) throws IOException {
    var saved = ModelState.full(model, from, cut);
    for (boolean inMemory : List.of(true, false)) {
      try (var source = inMemory ? memory(saved, what) : stored(saved, what)) {
        for (var rank : ModelState.empty(model, to, otherCut)) {
          var loaded = Restore.load(source, rank);
          assertThat(loaded.damaged()).as(what).isEmpty();
          assertThat(loaded.step()).isEqualTo(9);
          ModelState.assertFull(model, rank, what + " inMemory=" + inMemory);
        }
      }
    }
  }

  @Test
  void givenEightRanks_whenRestoredUnderAnyWorldSize_thenEachBoxIsThatOfTheModel()
      throws IOException {
    for (int to : List.of(6, 3, 12, 8, 1)) {
      assertRestores(
          ModelState.MODEL, 8, ModelState::standard, to, ModelState::standard, "8to" + to);
    }
    assertRestores(ModelState.MODEL, 3, ModelState::standard, 8, ModelState::standard, "3to8");
  }

  @Test
  void givenAnyLayouts_whenRestored_thenEachBoxIsThatOfTheModel() throws IOException {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      var random = new Random(seed);
      int from = 1 + random.nextInt(12);
      int to = 1 + random.nextInt(12);
      var model = ModelState.random(random);
      var cut = ModelState.anyhow(random);
      String what = "replay: -Dmuster.restore.seeds=1 -Dmuster.restore.seed=" + seed;
      assertRestores(model, from, cut, to, cut, what);
    }
  }

  @Test
  void givenReplicas_whenRestored_thenTheFirstSnapshotThatHasAllOfItIsRead() throws IOException {
    var model = ModelState.MODEL.stream().filter(t -> !t.name().contains("/")).toList();
    var saved = ModelState.full(model, 4, ModelState::standard);
    try (var source = memory(saved, "")) {
      var loaded = Restore.load(source, ModelState.empty(model, 1, ModelState::standard).get(0));
      assertThat(loaded.files()).singleElement().asString().endsWith("rank-0.snap");
      assertThat(loaded.bytes()).isEqualTo(17 * 8 + 105 + 8);
    }
  }

  @Test
  void givenOneOfManyFiles_whenItIsEnough_thenOnlyItIsRead() throws IOException {
    var model = ModelState.MODEL.subList(0, 2);
    var saved = ModelState.full(model, 8, ModelState::standard);
    try (var source = stored(saved, "")) {
      var loaded = Restore.load(source, ModelState.empty(model, 8, ModelState::standard).get(5));
      assertThat(loaded.files()).containsExactly("shard-5.g2.safetensors");
    }
  }
}
