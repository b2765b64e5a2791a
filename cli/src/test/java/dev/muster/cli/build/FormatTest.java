package dev.muster.cli.build;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/**
 * Every Java file of the repository is formatted by google-java-format. {@code ./format} repairs
 * what this finds: it runs this class with {@code -Dmuster.format=apply}.
 */
class FormatTest {
  private static final Path HOME = Path.of(System.getProperty("muster.home", ".."));

  @Test
  @DisabledIfSystemProperty(named = "muster.format", matches = "off")
  void givenAllJavaFiles_whenFormatted_thenNothingChanges() throws IOException {
    boolean apply = "apply".equals(System.getProperty("muster.format"));
    var formatter = new Formatter();
    var changed = new ArrayList<Path>();
    for (var file : javaFiles()) {
      var text = Files.readString(file);
      var formatted = format(formatter, file, text);
      if (!formatted.equals(text)) {
        changed.add(HOME.relativize(file));
        if (apply) {
          Files.writeString(file, formatted);
        }
      }
    }
    if (!apply) {
      assertThat(changed).as("files not in the format; run ./format").isEmpty();
    }
  }

  private static String format(Formatter formatter, Path file, String text) {
    try {
      return formatter.formatSourceAndFixImports(text);
    } catch (FormatterException e) {
      throw new AssertionError("cannot be parsed: file=" + file, e);
    }
  }

  private static List<Path> javaFiles() throws IOException {
    try (var paths = Files.walk(HOME)) {
      return paths
          .filter(path -> path.toString().endsWith(".java"))
          .filter(
              path -> !HOME.relativize(path).toString().matches("(.*/)?(target|\\.[^/]+|runs)/.*"))
          .sorted()
          .toList();
    }
  }
}
