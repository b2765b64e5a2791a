package dev.muster.worker.checkpoint.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.collectives.DType;
import dev.muster.worker.NamedTensor;
import dev.muster.worker.checkpoint.storage.Verification.Depth;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every storage of checkpoints does, wherever it keeps them. */
public abstract class StorageContract {
  protected CheckpointStorage storage;

  /** Empty. */
  protected abstract CheckpointStorage open() throws IOException;

  /** As decay or somebody else does it, behind the storage's back. */
  protected abstract void overwrite(long step, String file, byte[] bytes) throws IOException;

  /** Fewer where each request takes long. */
  protected int worldSizeMax() {
    return 8;
  }

  @BeforeEach
  void openStorage() throws IOException {
    storage = open();
  }

  @Test
  void givenACheckpoint_whenWritten_thenTheFilesAreNamedAsDocumented() throws IOException {
    Checkpoints.write(storage, 100, 1, 2);
    assertThat(storage.steps()).containsExactly(100L);
    assertThat(storage.files(100).stream().map(CheckpointStorage.Stored::file))
        .containsExactly("manifest.json", "shard-0.g1.safetensors", "shard-1.g1.safetensors");
  }

  /** Every world size to every other; sizes that do not divide, ranks that hold nothing. */
  @Test
  void givenACheckpointOfAnyWorldSize_whenReadByAnother_thenTheSameTensors() throws IOException {
    for (int from = 1; from <= worldSizeMax(); from++) {
      Checkpoints.write(storage, from, 1, from);
      for (int to = 1; to <= worldSizeMax(); to++) {
        Checkpoints.assertRestores(storage, from, to);
      }
    }
  }

  @Test
  void givenLargeTensors_whenReadInLongRuns_thenTheSameBytes() throws IOException {
    long rows = 300;
    long columns = 40_000;
    try (var arena = Arena.ofConfined()) {
      var memory = arena.allocate(rows * columns, 8);
      for (long i = 0; i < memory.byteSize(); i++) {
        memory.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31 ^ i >> 13));
      }
      var tensor = NamedTensor.replicated("w", DType.UINT8, new long[] {rows, columns}, memory);
      var writer = new CheckpointWriter(storage);
      var shard = writer.writeShard(1, 1, 0, List.of(tensor));
      writer.commit(Checkpoints.manifest(1, 1, 1, List.of(shard)));
      try (var reader = CheckpointReader.open(storage, 1)) {
        for (var sides :
            List.of("7:290 0:40000", "0:300 5:39000", "3:4 0:1", "299:300 39999:40000")) {
          var box = BoxCopyTest.box(sides);
          var expected = arena.allocate(box.elements());
          BoxCopy.copy(memory, Box.whole(List.of(rows, columns)), expected, box, 1);
          var actual = arena.allocate(box.elements());
          reader.read("w", box, actual);
          assertThat(actual.mismatch(expected)).as(sides).isEqualTo(-1);
        }
      }
    }
  }

  @Test
  void givenACommittedStep_whenTheSameOrAnEarlierGroupWritesIt_thenRefusedUntilDeleted()
      throws IOException {
    Checkpoints.write(storage, 100, 2, 2);
    for (var file : List.of("shard-0.g2.safetensors", "shard-0.g1.safetensors")) {
      assertThatThrownBy(() -> storage.put(100, file))
          .hasMessageContaining("checkpoint exists: step=100 generation=2");
      assertThatThrownBy(() -> storage.commit(100, Set.of(file), new byte[0]))
          .hasMessageContaining("checkpoint exists: step=100 generation=2");
    }
    storage.delete(100);
    assertThat(storage.steps()).isEmpty();
    Checkpoints.write(storage, 100, 1, 1);
    Checkpoints.assertRestores(storage, 100, 2);
  }

  @Test
  void givenADamagedCheckpoint_whenALaterGroupComesToTheStep_thenItsOwnTakesThePlace()
      throws IOException {
    for (var damaged : List.of("shard-0.g1.safetensors", "manifest.json")) {
      Checkpoints.write(storage, 100, 1, 2);
      overwrite(100, damaged, new byte[5]);
      Checkpoints.write(storage, 100, 2, 3);
      assertThat(new Catalog(storage).verify(100, Depth.BYTES).reason()).isEqualTo("whole");
      assertThat(CheckpointReader.manifest(storage, 100).generation()).isEqualTo(2);
      assertThat(storage.files(100)).as("manifest and three shards").hasSize(4);
      storage.delete(100);
    }
  }

  @Test
  void givenAShardNotFinished_whenCommitted_thenRefusedAndNoCheckpoint() throws IOException {
    try (var shard = storage.put(100, "shard-0.g1.safetensors")) {
      shard.write(ByteBuffer.allocate(5));
      assertThatThrownBy(
              () -> storage.commit(100, Set.of("shard-0.g1.safetensors"), new byte[] {'x'}))
          .hasMessageContaining("missing=[shard-0.g1.safetensors]");
    }
    assertThat(storage.files(100)).isEmpty();
    assertThatThrownBy(() -> CheckpointReader.open(storage, 100))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void givenTwoWritersOfOneShard_whenTheSecondBegan_thenTheFirstCannotFinish() throws IOException {
    try (var first = storage.put(100, "shard-0.g1.safetensors");
        var second = storage.put(100, "shard-0.g1.safetensors")) {
      first.write(ByteBuffer.allocate(5));
      assertThatThrownBy(first::finish).hasMessageContaining("cannot finish checkpoint file");
      second.write(ByteBuffer.allocate(7));
      second.finish();
    }
    assertThat(storage.files(100).getFirst().sizeBytes()).isEqualTo(7);
    assertThat(storage.files(100)).hasSize(1);
  }

  @Test
  void givenAWriterOfAnOlderGeneration_whenANewerCommits_thenNothingOfTheOlderIsInIt()
      throws IOException {
    var late = storage.put(100, "shard-0.g1.safetensors");
    late.write(ByteBuffer.allocate(5));
    Checkpoints.writeRank(storage, 100, 1, 1, 2);
    Checkpoints.write(storage, 100, 2, 2);
    assertThatThrownBy(late::finish).hasMessageContaining("cannot finish checkpoint file");
    late.close();
    assertThat(storage.files(100).stream().map(CheckpointStorage.Stored::file))
        .containsExactly("manifest.json", "shard-0.g2.safetensors", "shard-1.g2.safetensors");
    Checkpoints.assertRestores(storage, 100, 3);
  }

  @Test
  void givenNamesThatAreNoneOfOurs_whenPut_thenRefused() {
    for (var file : List.of("shard-0.safetensors", "manifest.json", "../x", "shard-01.g1.json")) {
      assertThatThrownBy(() -> storage.put(100, file)).hasMessageContaining("file=" + file);
    }
  }

  @Test
  void givenWritersOfOtherShards_whenAStepIsWritten_thenTheirFilesStay() throws IOException {
    try (var other = storage.put(100, "shard-1.g1.safetensors");
        var later = storage.put(200, "shard-0.g1.safetensors")) {
      try (var own = storage.put(100, "shard-0.g2.safetensors")) {
        own.finish();
      }
      storage.removeUncommitted(200);
      assertThatThrownBy(other::finish).isInstanceOf(IOException.class); // its step was given up
      later.finish();
    }
    assertThat(storage.steps()).containsExactly(200L);
  }

  @Test
  void givenAShardOfALargerGroupThatGaveUp_whenCommittedByASmaller_thenItIsGone()
      throws IOException {
    new CheckpointWriter(storage).writeShard(100, 1, 3, Checkpoints.state(100, 3, 4));
    Checkpoints.write(storage, 100, 2, 2);
    assertThat(new Catalog(storage).verify(100, Depth.BYTES).reason()).isEqualTo("whole");
  }

  @Test
  void givenShardsThatDoNotMakeUpTheTensors_whenCommitted_thenRefused() throws IOException {
    var writer = new CheckpointWriter(storage);
    var shard = writer.writeShard(100, 1, 0, Checkpoints.state(100, 0, 2));
    var manifest = Checkpoints.manifest(100, 1, 2, List.of(shard));
    assertThatThrownBy(() -> writer.commit(manifest))
        .isInstanceOf(DamagedCheckpointException.class)
        .hasMessageContaining("a part of a tensor is in no shard: tensor=columns");
  }

  @Test
  void givenATensorOfAnotherShape_whenRead_thenBothAreNamed() throws IOException {
    Checkpoints.write(storage, 100, 1, 1);
    var other =
        NamedTensor.replicated(
            "replica", DType.FLOAT32, new long[] {3}, Arena.ofAuto().allocate(12));
    try (var reader = CheckpointReader.open(storage, 100)) {
      assertThatThrownBy(() -> reader.read(other))
          .hasMessageContaining("expected=F32[3] actual=F64[3]");
      assertThatThrownBy(() -> reader.read("none", Box.whole(List.of()), other.memory()))
          .hasMessageContaining("no such tensor: step=100 tensor=none");
    }
  }

  @Test
  void givenAnInterruptedWriter_whenItWrites_thenAnErrorAndNoLeftovers() throws IOException {
    var shard = storage.put(100, "shard-0.g1.safetensors");
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> shard.write(ByteBuffer.allocate(5))).isInstanceOf(IOException.class);
    assertThat(Thread.interrupted()).isTrue();
    shard.close();
    assertThat(storage.files(100)).isEmpty();
  }
}
