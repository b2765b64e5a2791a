package dev.muster.protocol.run;

import dev.muster.protocol.core.Observation;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One line of {@code events.jsonl}: an observation with the wall-clock time it was written.
 *
 * @param topic dotted, lower case
 * @param text a sentence
 * @param fields values behind the sentence, in the order given
 */
public record Event(long atEpochMillis, String topic, String text, Map<String, Object> fields) {
  public Event {
    topic = topic == null ? "" : topic;
    text = text == null ? "" : text;
    fields = fields == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(fields));
  }

  public static Event of(long atEpochMillis, Observation observation) {
    return new Event(atEpochMillis, observation.topic(), observation.text(), observation.fields());
  }
}
