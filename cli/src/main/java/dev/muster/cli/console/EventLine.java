package dev.muster.cli.console;

import dev.muster.protocol.run.Event;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/** One event as a line; what only explains a decision to a developer is left to the file. Pure apart from the time zone. */
public final class EventLine {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");

  private EventLine() {}

  public static Optional<String> text(Event event) {
    return text(event, ZoneId.systemDefault());
  }

  static Optional<String> text(Event event, ZoneId zone) {
    if (event.topic().startsWith("debug.") || event.text().isBlank()) {
      return Optional.empty();
    }
    var at = TIME.withZone(zone).format(Instant.ofEpochMilli(event.atEpochMillis()));
    return Optional.of(at + "  " + event.text());
  }
}
