package dev.muster.worker.data;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is done of all datasets that are known by name, after one committed step: spans of offsets
 * by dataset and partition; immutable. It is part of the state of that step, on every rank alike,
 * so a checkpoint holds it and whatever restores the tensors restores it. Its size is that of the
 * partitions and of what was lent out of order, not of the data.
 *
 * <pre>
 *   clicks p0 0-64000
 *   clicks p1 0-1000,1500-2000     a line per partition: 1000-1500 was lent and is not done
 * </pre>
 */
public record Positions(SortedMap<String, SortedMap<String, Spans>> datasets) {
  public static final Positions NONE = new Positions(Collections.emptySortedMap());

  /** By partition, in order of their names. */
  public SortedMap<String, Spans> of(String dataset) {
    return datasets.getOrDefault(dataset, Collections.emptySortedMap());
  }

  /**
   * After a step that used these offsets as well.
   *
   * @throws IllegalStateException some of them are done: a range was lent twice
   */
  public Positions used(String dataset, String partition, Spans.Span span) {
    var before = of(dataset).getOrDefault(partition, Spans.NONE);
    try {
      return with(dataset, partition, before.with(span));
    } catch (IllegalStateException e) {
      throw new IllegalStateException(
          "dataset=%s partition=%s: %s; the step is not committed"
              .formatted(dataset, partition, e.getMessage()),
          e);
    }
  }

  private Positions with(String dataset, String partition, Spans spans) {
    var partitions = new TreeMap<>(of(dataset));
    partitions.put(partition, spans);
    var all = new TreeMap<>(datasets);
    all.put(dataset, partitions);
    return new Positions(all);
  }

  /** Only one dataset. */
  public Positions only(String dataset) {
    var all = new TreeMap<String, SortedMap<String, Spans>>();
    if (datasets.containsKey(dataset)) {
      all.put(dataset, datasets.get(dataset));
    }
    return new Positions(all);
  }

  public String text() {
    var text = new StringBuilder();
    datasets.forEach((dataset, partitions) ->
        partitions.forEach((partition, spans) ->
            text.append(dataset)
                .append(' ')
                .append(partition)
                .append(' ')
                .append(spans)
                .append('\n')));
    return text.toString();
  }

  /**
   * Reads what {@link #text} writes.
   *
   * @throws IllegalArgumentException it is something else
   */
  public static Positions parse(String text) {
    var all = NONE;
    for (String line : text.lines().toList()) {
      String[] words = line.split(" ");
      if (words.length != 3) {
        throw new IllegalArgumentException("no positions of a dataset: line=" + line);
      }
      all = all.with(words[0], words[1], Spans.parse(words[2]));
    }
    return all;
  }
}
