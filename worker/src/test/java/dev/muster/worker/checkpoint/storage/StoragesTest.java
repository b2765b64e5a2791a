package dev.muster.worker.checkpoint.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoragesTest {
  @TempDir private Path folder;

  @Test
  void givenAFolder_whenOpened_thenItIsUsed() throws IOException {
    Checkpoints.write(Storages.open(folder.toString()), 100, 1, 1);
    assertThat(folder.resolve("step-100/manifest.json")).exists();
  }

  @Test
  void givenAUriWithoutItsModule_whenOpened_thenTheUserIsToldWhatIsMissing() {
    assertThatThrownBy(() -> Storages.open("s3://bucket/prefix"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("place=s3://bucket/prefix scheme=s3 known=[]; put its jar on the");
    assertThat(Storages.absolute("s3://bucket/prefix")).isEqualTo("s3://bucket/prefix");
    assertThat(Storages.absolute("a/b")).startsWith("/").endsWith("a/b");
  }
}
