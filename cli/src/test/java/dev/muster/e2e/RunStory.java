package dev.muster.e2e;

import dev.muster.protocol.run.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** All that a run left behind, as text for the report of a failed test. */
final class RunStory {
  private static final int TAIL_LINES = 60;

  private RunStory() {}

  static String of(MusterProcess run) {
    var text =
        new StringBuilder("==== run " + run.folder().root() + "\n---- output\n" + run.output());
    text.append("\n---- events\n");
    run.events().forEach(event -> text.append(line(event)).append('\n'));
    text.append("---- ").append(run.progress()).append('\n');
    files(run.folder().root()).forEach(file -> text.append(tail(file)));
    run.processes()
        .forEach(p ->
            text.append("still runs: ")
                .append(p.pid())
                .append(' ')
                .append(
                    p.info()
                        .commandLine()
                        .map(c -> c.substring(Math.max(0, c.length() - 120)))
                        .orElse("?"))
                .append('\n'));
    return text.toString();
  }

  private static String line(Event event) {
    return event.atEpochMillis() + " " + event.topic() + ": " + event.text();
  }

  private static List<Path> files(Path root) {
    try (Stream<Path> paths = Files.walk(root)) {
      return paths
          .filter(p -> p.toString().endsWith(".log") && !p.getParent().endsWith("samples"))
          .sorted()
          .toList();
    } catch (IOException | java.io.UncheckedIOException none) {
      return List.of();
    }
  }

  private static String tail(Path file) {
    try {
      var lines = Files.readAllLines(file);
      return lines.isEmpty()
          ? ""
          : "---- "
              + file
              + "\n"
              + String.join(
                  "\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()))
              + "\n";
    } catch (IOException unreadable) {
      return "---- " + file + " cannot be read: " + unreadable + "\n";
    }
  }
}
