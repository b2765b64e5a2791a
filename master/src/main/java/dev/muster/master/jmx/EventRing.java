package dev.muster.master.jmx;

import dev.muster.protocol.run.Event;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The last 256 events with sequence numbers from 1; readers see an immutable list, so none is ever
 * blocked.
 */
final class EventRing implements EventsMXBean {
  static final int SIZE = 256;

  private volatile List<EventRow> recent = List.of();

  synchronized void add(Event event) {
    var next =
        new ArrayList<>(recent.subList(Math.max(0, recent.size() - SIZE + 1), recent.size()));
    next.add(
        new EventRow(
            getSequence() + 1, event.atEpochMillis(), event.topic(), event.text(), text(event)));
    recent = List.copyOf(next);
  }

  @Override
  public long getSequence() {
    var seen = recent;
    return seen.isEmpty() ? 0 : seen.getLast().sequence();
  }

  @Override
  public List<EventRow> getRecent() {
    return recent;
  }

  @Override
  public List<EventRow> since(long sequence, int limit) {
    return recent.stream()
        .filter(row -> row.sequence() > sequence)
        .limit(Math.max(0, limit))
        .toList();
  }

  private static Map<String, String> text(Event event) {
    var text = new LinkedHashMap<String, String>();
    event.fields().forEach((key, value) -> text.put(key, String.valueOf(value)));
    return text;
  }
}
