package dev.muster.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretTest {
  @TempDir Path folder;

  @Test
  void givenSecret_whenWrittenAndRead_thenEqualAndOnlyTheOwnerMayRead() throws IOException {
    var file = folder.resolve("secret");
    var secret = Secret.random();
    secret.write(file);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(Files.readString(file)).matches("[0-9a-f]{64}\n");
    assertThat(Secret.read(file)).isEqualTo(secret).isNotEqualTo(Secret.random());
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rw-----w-", "rwx--x---"})
  void givenFileOpenToOthers_whenRead_thenRefused(String mode) throws IOException {
    var file = folder.resolve("secret");
    Secret.random().write(file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    assertThatThrownBy(() -> Secret.read(file))
        .hasMessageContaining("chmod 600")
        .hasMessageContaining(mode);
  }

  @Test
  void givenExistingFile_whenWritten_thenItIsKept() throws IOException {
    var file = folder.resolve("secret");
    var first = Secret.random();
    first.write(file);
    assertThatThrownBy(() -> Secret.random().write(file))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(Secret.read(file)).isEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "00", "zz"})
  void givenFileThatIsNoSecret_whenRead_thenRefusedWithoutQuotingIt(String unit)
      throws IOException {
    var file = folder.resolve("secret");
    Secret.random().write(file);
    Files.writeString(file, unit.equals("zz") ? unit.repeat(32) : unit);
    assertThatThrownBy(() -> Secret.read(file))
        .hasMessageContaining("64 hex digits")
        .hasMessageNotContaining("zz");
  }

  @Test
  void givenNoFile_whenRead_thenItIsNamed() {
    assertThatThrownBy(() -> Secret.read(folder.resolve("none")))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("none");
  }

  @Test
  void givenSecret_whenPrinted_thenHidden() {
    var secret = Secret.random();
    assertThat(secret.toString()).doesNotContain(HexFormat.of().formatHex(secret.bytes()));
  }
}
