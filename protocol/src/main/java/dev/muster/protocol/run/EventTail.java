package dev.muster.protocol.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Follows {@code events.jsonl}. Lines that are not events (a writer died within one) are skipped.
 * Single-threaded.
 */
public final class EventTail {
  private final LineTail lines;

  public EventTail(Path file) {
    lines = new LineTail(file);
  }

  /** Events since the last poll, oldest first. */
  public List<Event> poll() throws IOException {
    var events = new ArrayList<Event>();
    for (var line : lines.poll()) {
      try {
        events.add(RunJson.value(line.getBytes(StandardCharsets.UTF_8), Event.class));
      } catch (IOException notAnEvent) {
        // a torn line: its writer is gone, and the next line stands on its own
      }
    }
    return events;
  }
}
