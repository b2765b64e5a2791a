package dev.muster.worker.checkpoint.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PosixStorageTest extends StorageContract {
  @TempDir private Path folder;
  private Path root;

  @Override
  protected CheckpointStorage open() {
    root = folder.resolve("a/checkpoints");
    return new PosixStorage(root);
  }

  @Override
  protected void overwrite(long step, String file, byte[] bytes) throws IOException {
    Files.write(root.resolve("step-" + step).resolve(file), bytes);
  }

  @Test
  void givenACheckpoint_whenWritten_thenItsFilesLieInAFolderOfTheStep() throws IOException {
    Checkpoints.write(storage, 100, 1, 2);
    assertThat(root.resolve("step-100/shard-1.g1.safetensors")).isRegularFile();
  }

  @Test
  void givenFilesOfSomebodyElse_whenDeletedOrSwept_thenTheyStay() throws IOException {
    Checkpoints.write(storage, 100, 1, 1);
    for (var name : List.of("notes.txt", "step-7", "step-007/x", "step-100/README", "step-x/y")) {
      Files.createDirectories(root.resolve(name).getParent());
      Files.writeString(root.resolve(name), "mine");
    }
    Checkpoints.write(storage, 200, 1, 1);
    storage.delete(100);
    storage.removeUncommitted(Long.MAX_VALUE);
    assertThat(storage.steps()).containsExactly(100L, 200L);
    assertThat(storage.files(100).stream().map(CheckpointStorage.Stored::file))
        .containsExactly("README");
    for (var name : List.of("notes.txt", "step-7", "step-007/x", "step-x/y")) {
      assertThat(root.resolve(name)).hasContent("mine");
    }
  }

  /** Sparse: takes no space. */
  @Test
  void givenAFileOfMoreThan2GiB_whenRead_thenTheBytesBeyond() throws IOException {
    long size = (1L << 31) + 12_345;
    var path = folder.resolve("large");
    try (var file =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), size - 3);
    }
    try (var file = new PosixDisk().open(path);
        var arena = Arena.ofConfined()) {
      var target = arena.allocate(3);
      file.read(size - 3, target);
      assertThat(target.asByteBuffer()).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
      assertThatThrownBy(() -> file.read(size - 2, target))
          .isInstanceOf(DamagedCheckpointException.class)
          .hasMessageContaining("actualBytes=" + size);
    }
  }
}
