package dev.muster.trainer.text;

import dev.muster.trainer.settings.InvalidSettingException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * A text as bytes, split into a training part and a held-out part: the last tenth. Immutable.
 *
 * @param name for headers and reports
 * @param training first nine tenths
 * @param heldOut last tenth, never trained on
 */
public record Corpus(String name, byte[] training, byte[] heldOut) {
  private static final String SHIPPED = "new-testament-kjv.txt";
  private static final int HELD_OUT_SHARE = 10;

  /**
   * The text in {@code file}, or the shipped one.
   *
   * @param context bytes of a window; both parts must hold at least one
   * @throws InvalidSettingException the file cannot be read or is too short
   */
  public static Corpus load(Optional<String> file, int context) {
    return file.map(path -> read(Path.of(path), context)).orElseGet(() -> shipped(context));
  }

  static Corpus shipped(int context) {
    try (InputStream in = Corpus.class.getResourceAsStream(SHIPPED)) {
      return of("New Testament, King James Version", in.readAllBytes(), context);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Corpus read(Path file, int context) {
    try {
      return of(file.getFileName().toString(), Files.readAllBytes(file), context);
    } catch (IOException e) {
      throw new InvalidSettingException(
          "cannot read the data file: file="
              + file
              + " cause="
              + e
              + "; give a readable file of text with data=FILE");
    }
  }

  static Corpus of(String name, byte[] text, int context) {
    int heldOut = text.length / HELD_OUT_SHARE;
    if (heldOut < context + 1) {
      throw new InvalidSettingException(
          "data is too short: name="
              + name
              + " expectedBytes>="
              + HELD_OUT_SHARE * (context + 1)
              + " actualBytes="
              + text.length
              + " context="
              + context
              + "; give a longer text or a smaller context");
    }
    int split = text.length - heldOut;
    return new Corpus(
        name, Arrays.copyOfRange(text, 0, split), Arrays.copyOfRange(text, split, text.length));
  }

  public Windows trainingWindows(int context) {
    return new Windows(training, context);
  }

  public Windows heldOutWindows(int context) {
    return new Windows(heldOut, context);
  }

  public long sizeBytes() {
    return (long) training.length + heldOut.length;
  }
}
