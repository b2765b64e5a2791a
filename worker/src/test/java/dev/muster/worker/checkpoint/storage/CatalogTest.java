package dev.muster.worker.checkpoint.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.worker.checkpoint.storage.Verification.Depth;
import dev.muster.worker.checkpoint.storage.Verification.Finding;
import dev.muster.worker.checkpoint.storage.Verification.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CatalogTest {
  private static final Path ROOT = Path.of("/checkpoints");

  private MemoryDisk disk;
  private PosixStorage storage;
  private Catalog catalog;

  @BeforeEach
  void threeCheckpoints() throws IOException {
    disk = new MemoryDisk();
    storage = new PosixStorage(ROOT, disk);
    catalog = new Catalog(storage);
    for (long step : List.of(100, 200, 300)) {
      Checkpoints.write(storage, step, 1, 2);
    }
  }

  private static Path file(long step, String name) {
    return ROOT.resolve("step-" + step).resolve(name);
  }

  private List<Kind> kinds(long step, Depth depth) throws IOException {
    return catalog.verify(step, depth).findings().stream().map(Finding::kind).toList();
  }

  @Test
  void givenCheckpointsAndAnUnfinishedOne_whenListed_thenWithBytesAndWhetherComplete()
      throws IOException {
    new CheckpointWriter(storage).writeShard(400, 1, 0, Checkpoints.state(400, 0, 2));
    var entries = catalog.list();
    assertThat(entries.stream().map(Catalog.Entry::step)).containsExactly(100L, 200L, 300L, 400L);
    assertThat(entries.stream().map(Catalog.Entry::complete))
        .containsExactly(true, true, true, false);
    assertThat(entries.getFirst().sizeBytes()).isGreaterThan(1000);
    assertThat(kinds(400, Depth.SIZES)).containsExactly(Kind.MISSING);
  }

  @Test
  void givenADamagedManifest_whenTheNewestAreRead_thenTheOthersAreThere_andItIsNamed()
      throws IOException {
    disk.truncate(file(200, CheckpointStorage.MANIFEST), 5);
    var manifests = catalog.manifests(2);
    assertThat(manifests.readable()).extracting(Manifest::step).containsExactly(300L);
    assertThat(manifests.readable()).extracting(Manifest::run).containsExactly("run-1");
    assertThat(manifests.problems()).singleElement().asString().contains("step-200");
  }

  @Test
  void givenEachKindOfDamage_whenVerified_thenTheFileIsNamed() throws IOException {
    disk.delete(file(100, "shard-0.g1.safetensors"));
    disk.truncate(file(100, "shard-1.g1.safetensors"), 20);
    var verification = catalog.verify(100, Depth.SIZES);
    assertThat(verification.valid()).isFalse();
    assertThat(verification.reason())
        .contains("kind=MISSING file=shard-0.g1.safetensors (expectedBytes=")
        .contains("kind=TRUNCATED file=shard-1.g1.safetensors (expectedBytes=")
        .endsWith("actualBytes=20)");
  }

  @Test
  void givenAByteThatDecayed_whenVerified_thenFoundByItsChecksum() throws IOException {
    int last = (int) storage.files(200).getLast().sizeBytes() - 1;
    disk.flip(file(200, "shard-1.g1.safetensors"), last);
    assertThat(kinds(200, Depth.SIZES)).isEmpty();
    assertThat(catalog.verify(200, Depth.BYTES).reason())
        .startsWith("kind=DAMAGED file=shard-1.g1.safetensors (bytes changed: expectedCrc32c=");
  }

  @Test
  void givenAnyByteOfACheckpointFlipped_whenVerified_thenFound() throws IOException {
    for (var stored : storage.files(200)) {
      for (int at = 0; at < stored.sizeBytes(); at++) {
        disk.flip(file(200, stored.file()), at);
        var verification = catalog.verify(200, Depth.BYTES);
        if (!stored.file().equals(CheckpointStorage.MANIFEST)) {
          assertThat(verification.valid()).as("%s at %s", stored.file(), at).isFalse();
        }
        disk.flip(file(200, stored.file()), at);
      }
    }
    assertThat(kinds(200, Depth.BYTES)).isEmpty();
  }

  @Test
  void givenAShardOfAnotherStep_whenVerified_thenDamagedAlthoughItsSizeIsRight()
      throws IOException {
    disk.rename(file(100, "shard-0.g1.safetensors"), file(200, "shard-0.g1.safetensors"));
    assertThat(kinds(200, Depth.BYTES)).containsExactly(Kind.DAMAGED);
  }

  @Test
  void givenAManifestOfAnotherStep_whenVerified_thenDamaged() throws IOException {
    disk.rename(file(100, "manifest.json"), file(200, "manifest.json"));
    assertThat(catalog.verify(200, Depth.SIZES).findings().getFirst().detail())
        .contains("manifest of another step")
        .contains("expectedStep=200 actualStep=100");
  }

  @Test
  void givenAForeignFile_whenVerified_thenNamedButValid() throws IOException {
    try (var foreign = disk.create(file(200, "README"))) {
      foreign.write(ByteBuffer.allocate(1));
    }
    assertThat(kinds(200, Depth.BYTES)).containsExactly(Kind.FOREIGN);
    assertThat(catalog.verify(200, Depth.BYTES).valid()).isTrue();
  }

  @Test
  void givenTheNewestDamaged_whenOneIsChosen_thenTheOneBeforeAndTheReasonIsTold()
      throws IOException {
    disk.truncate(file(300, "shard-0.g1.safetensors"), 9);
    disk.truncate(file(200, "manifest.json"), 9);
    var choice = catalog.newestValid(Long.MAX_VALUE, Depth.SIZES);
    assertThat(choice.step()).hasValue(100);
    assertThat(choice.reason())
        .startsWith("newest valid: step=100; skipped: step=300 kind=TRUNCATED file=shard-0")
        .contains("; skipped: step=200 kind=DAMAGED file=manifest.json (not a manifest");
    assertThat(catalog.newestValid(99, Depth.SIZES).step()).isEmpty();
  }

  @Test
  void givenAStep_whenTheNewestUpToItIsAsked_thenNoneBeyond() throws IOException {
    assertThat(catalog.newestValid(299, Depth.BYTES).step()).hasValue(200);
    assertThat(catalog.newestValid(300, Depth.BYTES).step()).hasValue(300);
  }

  @Test
  void givenARetention_whenPruned_thenOnlyTheRestIsDeleted() throws IOException {
    var decisions = catalog.prune(new Retention(1, 200), Depth.BYTES);
    assertThat(storage.steps()).containsExactly(200L, 300L);
    assertThat(decisions.stream().map(Retention.Decision::keep)).containsExactly(false, true, true);
    Checkpoints.assertRestores(storage, 200, 3);
  }

  @Test
  void givenTheNewestDamaged_whenPruned_thenTheNewestValidStays() throws IOException {
    disk.truncate(file(300, "shard-0.g1.safetensors"), 9);
    disk.truncate(file(200, "shard-0.g1.safetensors"), 9);
    catalog.prune(new Retention(1, 0), Depth.SIZES);
    assertThat(storage.steps()).containsExactly(100L, 300L);
    assertThat(catalog.newestValid(Long.MAX_VALUE, Depth.BYTES).step()).hasValue(100);
  }

  @Test
  void givenNoValidCheckpoint_whenPruned_thenNothingIsDeleted() throws IOException {
    for (long step : storage.steps()) {
      disk.truncate(file(step, "shard-0.g1.safetensors"), 9);
    }
    catalog.prune(new Retention(1, 0), Depth.SIZES);
    assertThat(storage.steps()).containsExactly(100L, 200L, 300L);
  }

  @Test
  void givenEveryRetention_whenDecided_thenTheLastTheMultiplesAndTheNewestValidStay() {
    var steps = LongStream.rangeClosed(1, 12).map(n -> n * 50).boxed().toList();
    for (int keepLast = 1; keepLast <= 13; keepLast++) {
      for (long keepEvery : List.of(0, 100, 150)) {
        for (long valid : steps) {
          int last = keepLast;
          for (var decision : new Retention(keepLast, keepEvery).decide(steps, valid)) {
            long step = decision.step();
            boolean expected =
                step == valid || step > 600 - 50L * last || keepEvery > 0 && step % keepEvery == 0;
            assertThat(decision.keep()).as("%s", decision).isEqualTo(expected);
          }
        }
      }
    }
    assertThat(new Retention(2, 0).decide(List.of(), 0)).isEmpty();
  }

  @Test
  void givenARetentionThatKeepsNone_whenMade_thenRefused() {
    assertThatThrownBy(() -> new Retention(0, 5)).hasMessageContaining("keepLast=0 keepEvery=5");
  }
}
