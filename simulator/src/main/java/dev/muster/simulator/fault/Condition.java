package dev.muster.simulator.fault;

import dev.muster.protocol.core.Observation;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Something the master notes while a drill runs.
 *
 * @param generation only this one, 0: any
 */
public record Condition(Event event, long generation) {
  /** What can be waited for, and the topic of the note. */
  public enum Event {
    FORMED("generation.formed"),
    RECOVERING("generation.revoked"),
    RECOVERED("recovery.done"),
    NODE_LOST("node.lost"),
    HUNG("worker.hung");

    private final String topic;

    Event(String topic) {
      this.topic = topic;
    }

    private String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private static final Pattern TEXT = Pattern.compile("(?:generation ([0-9]{1,9}) )?([a-z-]+)");

  /** {@code recovering}, {@code generation 3 formed}. */
  public static Optional<Condition> of(String text) {
    var match = TEXT.matcher(text.strip());
    return match.matches()
        ? Arrays.stream(Event.values())
            .filter(event -> event.text().equals(match.group(2)))
            .map(event ->
                new Condition(event, match.group(1) == null ? 0 : Long.parseLong(match.group(1))))
            .filter(c -> c.generation == 0 || c.event == Event.FORMED)
            .findFirst()
        : Optional.empty();
  }

  public static List<String> accepted() {
    return Arrays.stream(Event.values()).map(Event::text).toList();
  }

  /** Whether this note says that it is so. */
  public boolean holds(Observation note) {
    return note.topic().equals(event.topic)
        && (generation == 0
            || note.fields().get("generation") instanceof Number number
                && number.longValue() == generation);
  }

  @Override
  public String toString() {
    return (generation == 0 ? "" : "generation " + generation + " ") + event.text();
  }
}
