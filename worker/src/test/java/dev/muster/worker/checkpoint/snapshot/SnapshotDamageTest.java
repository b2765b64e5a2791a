package dev.muster.worker.checkpoint.snapshot;

import static dev.muster.worker.checkpoint.snapshot.SavedState.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One byte of the file is inverted, then inverted back. */
class SnapshotDamageTest {
  private static final long MIB = 1 << 20;
  private static final long BUFFER_0 = SnapshotBuffer.HEADER_BYTES;
  private static final long REGION_0 = SnapshotFile.HEADER_BYTES;

  @TempDir private Path folder;
  private final Arena arena = Arena.ofShared();
  private SnapshotPlaces places;
  private SavedState state;
  private SnapshotBuffer.Header header;
  private final List<String> notes = new ArrayList<>();

  @BeforeEach
  void saveOnce() {
    places = new SnapshotPlaces(folder.resolve("shm"), folder.resolve("disk"), notes::add);
    state = SavedState.of(arena, "layer", MIB / 2, 3 * MIB + 100).fill(1);
    try (var writer = new SnapshotWriter(places, "r")) {
      writer.save(at(1, 1), state.tensors());
    }
    header = Save.header(at(1, 1), 0, SnapshotLayout.of(state.tensors()));
  }

  @AfterEach
  void close() {
    arena.close();
  }

  @Test
  void givenAnyByteOfTheFileHeader_whenDamaged_thenItIsNamed() {
    for (long at = 0; at < 28; at++) {
      assertDamage(at, "file header");
    }
  }

  @Test
  void givenAnyByteOfTheBufferHeader_whenDamaged_thenItIsNamed() {
    for (long at = 0; at < 8; at++) {
      assertDamage(BUFFER_0 + at, "buffer 0 state");
    }
    for (long at = 8; at < 76; at++) {
      assertDamage(BUFFER_0 + at, "buffer 0 header");
    }
  }

  @Test
  void givenAnyByteOfTheTableOrTheChecksums_whenDamaged_thenItIsNamed() {
    for (long at = 0; at < header.tableBytes(); at++) {
      assertDamage(REGION_0 + at, "buffer 0 step=1 table");
    }
    for (long at = 0; at < 4 * header.blocks(); at++) {
      assertDamage(REGION_0 + header.sumsOffset() + at, "buffer 0 step=1 checksums of the blocks");
    }
  }

  @Test
  void givenAByteOfATensor_whenDamaged_thenTensorAndBlockAreNamed() {
    long data = REGION_0 + header.dataOffset();
    assertDamage(data, "tensor=layer.0 block=0 of 1 bytes=[0, 524288)");
    assertDamage(data + MIB / 2 - 1, "tensor=layer.0 block=0 of 1");
    assertDamage(data + MIB / 2, "tensor=layer.1 block=0 of 4");
    assertDamage(data + MIB / 2 + MIB, "tensor=layer.1 block=1 of 4 bytes=[1048576, 2097152)");
    assertDamage(data + MIB / 2 + 3 * MIB + 99, "tensor=layer.1 block=3 of 4");
  }

  @Test
  void givenADamagedSnapshot_whenRestored_thenTheTensorsAreUntouched() throws IOException {
    state.fill(9);
    flip(REGION_0 + header.dataOffset() + MIB);
    assertThat(catchThrowable(this::restore)).isInstanceOf(SnapshotDamagedException.class);
    assertThat(state.sameBytes(SavedState.of(arena, "", MIB / 2, 3 * MIB + 100).fill(9))).isTrue();
  }

  @Test
  void givenADamagedHeaderOfOneBuffer_whenTheOtherIsAskedFor_thenItIsFound() throws IOException {
    try (var writer = new SnapshotWriter(places, "r")) {
      writer.save(at(2, 1), state.fill(2).tensors());
    }
    flip(BUFFER_0 + 8);
    assertThatThrownBy(this::restore).hasMessageContaining("buffer 0 header");
    try (var reader = SnapshotReader.open(places, "r").orElseThrow();
        var other = reader.ofStep(2).orElseThrow()) {
      other.verify();
    }
  }

  @Test
  void givenADamagedFile_whenItsRankSavesAgain_thenItIsReplacedWithANote() throws IOException {
    flip(3);
    try (var writer = new SnapshotWriter(places, "r")) {
      writer.save(at(5, 1), state.fill(5).tensors());
    }
    assertThat(notes).singleElement().asString().contains("replaces a damaged file");
    restore();
    assertThat(state.sameBytes(SavedState.of(arena, "", MIB / 2, 3 * MIB + 100).fill(5))).isTrue();
  }

  @Test
  void givenAFileCutShort_whenRead_thenItsSizeIsNamed() throws IOException {
    try (var file = new RandomAccessFile(path(), "rw")) {
      file.setLength(file.length() - 1);
    }
    assertThatThrownBy(this::restore).hasMessageContaining("file size");
  }

  private void assertDamage(long at, String where) {
    try {
      flip(at);
      assertThatThrownBy(this::restore)
          .as("byte %s", at)
          .isInstanceOf(SnapshotDamagedException.class)
          .hasMessageContaining("where=[")
          .hasMessageContaining(where)
          .hasMessageContaining(path());
      flip(at);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void restore() {
    try (var reader = SnapshotReader.open(places, "r").orElseThrow();
        var newest = reader.newest().orElseThrow()) {
      newest.restore(state.tensors());
    }
  }

  private void flip(long at) throws IOException {
    try (var file = new RandomAccessFile(path(), "rw")) {
      file.seek(at);
      int value = file.read();
      file.seek(at);
      file.write(~value);
    }
  }

  private String path() {
    return folder.resolve("shm").resolve("r.snap").toString();
  }
}
