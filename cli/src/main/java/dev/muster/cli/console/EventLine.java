package dev.muster.cli.console;

import dev.muster.protocol.run.Event;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.Set;

/**
 * One event as a line. What the live line shows anyway, or only explains a decision, is left to
 * {@code events.jsonl}. Pure apart from the time zone.
 */
public final class EventLine {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");

  private static final Set<String> QUIET =
      Set.of(
          "job.detail",
          "job.ending",
          "worker.launched",
          "failure.charged",
          "generation.revoked",
          "shutdown.overdue");

  private EventLine() {}

  public static Optional<String> text(Event event) {
    return text(event, ZoneId.systemDefault());
  }

  static Optional<String> text(Event event, ZoneId zone) {
    if (QUIET.contains(event.topic()) || event.text().isBlank()) {
      return Optional.empty();
    }
    var at = TIME.withZone(zone).format(Instant.ofEpochMilli(event.atEpochMillis()));
    return Optional.of(at + "  " + event.text());
  }
}
