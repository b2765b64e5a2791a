package dev.muster.master.jmx;

import java.util.List;
import java.util.Map;

/** {@code dev.muster:type=Events}. */
@Description("What happened lately; the durable list is events.jsonl in the run folder")
public interface EventsMXBean {
  @Description("Number of the newest event, 0 before the first")
  long getSequence();

  @Description("The last 256 events, oldest first")
  List<EventRow> getRecent();

  @Description(
      "Events after a sequence number, oldest first; a first one above sequence + 1 shows a gap")
  List<EventRow> since(
      @Description("Last sequence number already seen, 0 for all") long sequence,
      @Description("At most this many") int limit);

  /**
   * @param fields values as text
   */
  record EventRow(
      long sequence, long atEpochMillis, String topic, String text, Map<String, String> fields) {}
}
