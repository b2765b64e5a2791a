package dev.muster.trainer.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trainer.settings.InvalidSettingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusTest {
  @TempDir Path folder;

  @Test
  void givenTheShippedText_whenLoaded_thenItIsTheOneWhoseSourceIsNamed() throws Exception {
    Corpus corpus = Corpus.load(Optional.empty(), 64);
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(corpus.training());
    digest.update(corpus.heldOut());
    assertThat(HexFormat.of().formatHex(digest.digest()))
        .isEqualTo("7185e78ea130fd873f69b2641c35c3ccbf9cb3128a5c69a6a1a62610e6360d4b");
    assertThat(corpus.heldOut()).hasSize(101_947);
    assertThat(new String(corpus.training(), 0, 21, StandardCharsets.US_ASCII))
        .isEqualTo("Mat1:1 The book of th");
  }

  @Test
  void givenAFile_whenLoaded_thenItsLastTenthIsHeldOut() throws Exception {
    Path file = Files.writeString(folder.resolve("digits.txt"), "0123456789".repeat(10));
    Corpus corpus = Corpus.load(Optional.of(file.toString()), 4);
    assertThat(corpus.name()).isEqualTo("digits.txt");
    assertThat(corpus.training()).hasSize(90);
    assertThat(new String(corpus.heldOut(), StandardCharsets.US_ASCII)).isEqualTo("0123456789");
  }

  @Test
  void givenNoSuchFile_whenLoaded_thenTheMessageNamesIt() {
    String file = folder.resolve("absent.txt").toString();
    assertThatThrownBy(() -> Corpus.load(Optional.of(file), 4))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageContaining("file=" + file);
  }

  @Test
  void givenAFolder_whenLoaded_thenItIsRefused() {
    assertThatThrownBy(() -> Corpus.load(Optional.of(folder.toString()), 4))
        .isInstanceOf(InvalidSettingException.class);
  }

  @Test
  void givenAnEmptyFile_whenLoaded_thenTheMessageSaysHowMuchIsNeeded() throws Exception {
    Path file = Files.writeString(folder.resolve("empty.txt"), "");
    assertThatThrownBy(() -> Corpus.load(Optional.of(file.toString()), 4))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageContaining("expectedBytes>=50 actualBytes=0");
  }

  @Test
  void givenTheShortestUsableFile_whenLoaded_thenBothPartsHoldAWindow() {
    Corpus corpus = Corpus.of("shortest", new byte[50], 4);
    assertThat(corpus.trainingWindows(4).count()).isEqualTo(11);
    assertThat(corpus.heldOutWindows(4).count()).isEqualTo(1);
    assertThatThrownBy(() -> Corpus.of("too short", new byte[49], 4))
        .isInstanceOf(InvalidSettingException.class);
  }

  @Test
  void givenWindows_whenWalked_thenEachByteButTheFirstIsATargetOnce() {
    Windows windows = new Windows("abcdefghi".getBytes(StandardCharsets.US_ASCII), 4);
    StringBuilder targets = new StringBuilder();
    for (long window = 0; window < windows.count(); window++) {
      for (int position = 1; position <= 4; position++) {
        targets.append((char) windows.at(window, position));
      }
    }
    assertThat(targets.toString()).isEqualTo("bcdefghi");
  }
}
