package dev.muster.protocol.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Reads the file as another language would: by the offsets of the Javadoc of {@link ControlPage}.
 */
class ControlPageTest {
  @TempDir Path folder;

  @Test
  void givenEveryFieldSet_whenTheFileIsRead_thenEachIsAtItsOffset() throws IOException {
    var file = folder.resolve("page");
    try (var page = ControlPage.create(file)) {
      page.leaseDeadlineNs(0x0102030405060708L);
      page.revokedGeneration(6);
      page.generation(7);
      page.appliedStep(50);
      page.stepInFlight(51);
      page.phase(ControlPage.Phase.WAITING);
      page.progressed();
      page.loss(1.875);
      page.unitsPerSecond(12_345.5);
      page.stepDurationNs(20_000_000);
      page.lifeSignRoom().set(ValueLayout.JAVA_BYTE, 63, (byte) 77);
      page.lifeSign(true);
    }
    var bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(bytes.remaining()).isEqualTo(4096);
    assertThat(bytes.getLong(0)).isEqualTo(0x4D55535445524350L);
    assertThat(bytes.getInt(8)).isEqualTo(1);
    assertThat(bytes.getLong(64)).isEqualTo(0x0102030405060708L);
    assertThat(bytes.get(64)).isEqualTo((byte) 8);
    assertThat(bytes.getLong(72)).isEqualTo(6);
    assertThat(bytes.getLong(128)).isEqualTo(7);
    assertThat(bytes.getLong(136)).isEqualTo(50);
    assertThat(bytes.getLong(144)).isEqualTo(51);
    assertThat(bytes.getInt(152)).isEqualTo(5);
    assertThat(bytes.getLong(160)).as("one for the phase, one for progressed()").isEqualTo(2);
    assertThat(bytes.getDouble(168)).isEqualTo(1.875);
    assertThat(bytes.getDouble(176)).isEqualTo(12_345.5);
    assertThat(bytes.getLong(184)).isEqualTo(20_000_000);
    assertThat(bytes.getInt(192)).isEqualTo(256);
    assertThat(bytes.get(256 + 63)).isEqualTo((byte) 77);
  }

  @Test
  void givenTwoMappings_whenOneWrites_thenTheOtherSeesIt() throws IOException {
    var file = folder.resolve("page");
    try (var agent = ControlPage.create(file);
        var worker = ControlPage.open(file)) {
      agent.leaseDeadlineNs(99);
      agent.revokedGeneration(3);
      worker.appliedStep(12);
      worker.phase(ControlPage.Phase.APPLYING);
      assertThat(worker.leaseDeadlineNs()).isEqualTo(99);
      assertThat(worker.revokedGeneration()).isEqualTo(3);
      assertThat(agent.appliedStep()).isEqualTo(12);
      assertThat(agent.phase()).isEqualTo(ControlPage.Phase.APPLYING);
      assertThat(agent.progress()).isEqualTo(1);
    }
  }

  @Test
  void givenPhases_whenListed_thenTheirNumbersAreThoseOfTheLayout() {
    assertThat(ControlPage.Phase.values())
        .extracting(Enum::name)
        .containsExactly(
            "STARTING",
            "IDLE",
            "JOINING",
            "RESTORING",
            "COMPUTING",
            "WAITING",
            "AGREEING",
            "APPLYING",
            "FINISHED");
  }

  @Test
  void givenNewPage_whenMade_thenOnlyItsOwnerMayReadIt_andNoFileIsOverwritten() throws IOException {
    var file = folder.resolve("page");
    ControlPage.create(file).close();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThatThrownBy(() -> ControlPage.create(file))
        .isInstanceOf(FileAlreadyExistsException.class);
  }

  @Test
  void givenForeignFile_whenOpened_thenRefused() throws IOException {
    var file = folder.resolve("page");
    Files.write(file, new byte[100]);
    assertThatThrownBy(() -> ControlPage.open(file)).hasMessageContaining("actualBytes=100");
    Files.write(file, new byte[4096]);
    assertThatThrownBy(() -> ControlPage.open(file)).hasMessageContaining("version 1");
  }

  @Test
  void givenALifeSignOutsideThePage_whenRead_thenThereIsNone() throws IOException {
    var file = folder.resolve("page");
    ControlPage.create(file).close();
    for (int offset : new int[] {0, -4, 194, 4096, Integer.MAX_VALUE}) {
      var bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      Files.write(file, bytes.putInt(192, offset).array());
      try (var page = ControlPage.open(file)) {
        assertThat(page.lifeSign()).as("offset " + offset).isEmpty();
      }
    }
  }

  @Test
  void givenUnknownPhase_whenRead_thenStarting() throws IOException {
    var file = folder.resolve("page");
    ControlPage.create(file).close();
    var bytes = Files.readAllBytes(file);
    bytes[152] = 99;
    Files.write(file, bytes);
    try (var page = ControlPage.open(file)) {
      assertThat(page.phase()).isEqualTo(ControlPage.Phase.STARTING);
    }
  }
}
