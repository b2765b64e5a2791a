package dev.muster.worker.checkpoint.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportTest {
  @TempDir private Path folder;
  private PosixStorage storage;

  @BeforeEach
  void storage() {
    storage = new PosixStorage(folder.resolve("checkpoints"));
  }

  private Path export(long step, int worldSize) throws IOException {
    Checkpoints.write(storage, step, 1, worldSize);
    var target = folder.resolve("model-" + worldSize + ".safetensors");
    try (var reader = CheckpointReader.open(storage, step)) {
      Export.write(reader, target);
    }
    return target;
  }

  @Test
  void givenShards_whenExported_thenPythonReadsTheWholeTensors() throws Exception {
    assertThat(Python.read(export(100, 3), folder))
        .containsExactly(
            line(0, "I64 -"), line(1, "F64 3"), line(2, "F32 7,5"), line(3, "BF16 3,8"));
  }

  private static String line(int position, String typeAndShape) {
    var name = List.of("scalar", "replica", "rows", "columns").get(position);
    var tensor = Checkpoints.empty(0, 1).stream().filter(t -> t.name().equals(name)).findFirst();
    var hex = HexFormat.of().formatHex(Checkpoints.whole(100, tensor.orElseThrow()));
    return name + " " + typeAndShape + " " + hex;
  }

  @Test
  void givenTheSameStateOfAnyWorldSize_whenExported_thenTheSameFile() throws IOException {
    var expected = Files.readAllBytes(export(100, 1));
    for (int worldSize = 2; worldSize <= 8; worldSize++) {
      storage.delete(100);
      assertThat(Files.readAllBytes(export(100, worldSize)))
          .as("worldSize=%s", worldSize)
          .isEqualTo(expected);
    }
  }

  @Test
  void givenAShardIsGone_whenExported_thenAnErrorAndTheFormerFileStays() throws IOException {
    var target = export(100, 2);
    var former = Files.readAllBytes(target);
    Files.delete(folder.resolve("checkpoints/step-100/shard-1.g1.safetensors"));
    try (var reader = CheckpointReader.open(storage, 100)) {
      assertThatThrownBy(() -> Export.write(reader, target)).isInstanceOf(IOException.class);
    }
    assertThat(target).hasBinaryContent(former);
    try (var files = Files.list(folder)) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder("checkpoints", "model-2.safetensors");
    }
  }
}
