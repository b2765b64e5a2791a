package dev.muster.worker.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Disjoint spans of offsets, ascending, neighbours joined; immutable. */
public record Spans(List<Span> list) {
  public static final Spans NONE = new Spans(List.of());

  /** {@code [from, to)}. */
  public record Span(long from, long to) {
    public Span {
      if (from < 0 || to <= from) {
        throw new IllegalArgumentException("impossible span: from=" + from + " to=" + to);
      }
    }

    @Override
    public String toString() {
      return from + "-" + to;
    }
  }

  public Spans {
    list = List.copyOf(list);
  }

  /**
   * @throws IllegalStateException some of it is there already
   */
  public Spans with(Span span) {
    var all = new ArrayList<>(list);
    all.add(span);
    all.sort(Comparator.comparingLong(Span::from));
    var joined = new ArrayList<Span>();
    for (Span next : all) {
      Span before = joined.isEmpty() ? null : joined.getLast();
      if (before != null && before.to > next.from) {
        throw new IllegalStateException(
            "offsets are used twice: span=" + span + " done=" + this + " twice=" + next);
      }
      if (before != null && before.to == next.from) {
        joined.set(joined.size() - 1, new Span(before.from, next.to));
      } else {
        joined.add(next);
      }
    }
    return new Spans(joined);
  }

  /** What is missing from 0 up to {@code end}. */
  public Spans gaps(long end) {
    var gaps = new ArrayList<Span>();
    long at = 0;
    for (Span span : list) {
      if (at < Math.min(span.from, end)) {
        gaps.add(new Span(at, Math.min(span.from, end)));
      }
      at = span.to;
    }
    if (at < end) {
      gaps.add(new Span(at, end));
    }
    return new Spans(gaps);
  }

  /** Behind the last one; 0 without any. */
  public long end() {
    return list.isEmpty() ? 0 : list.getLast().to;
  }

  public long count() {
    return list.stream().mapToLong(span -> span.to - span.from).sum();
  }

  @Override
  public String toString() {
    return list.stream().map(Span::toString).collect(Collectors.joining(","));
  }

  /**
   * Reads what {@link #toString} writes.
   *
   * @throws IllegalArgumentException it is something else
   */
  public static Spans parse(String text) {
    var spans = NONE;
    for (String word : text.isEmpty() ? new String[0] : text.split(",")) {
      String[] ends = word.split("-");
      if (ends.length != 2) {
        throw new IllegalArgumentException("no span: text=" + word);
      }
      spans = spans.parsed(new Span(Long.parseLong(ends[0]), Long.parseLong(ends[1])));
    }
    return spans;
  }

  private Spans parsed(Span next) {
    if (next.from < end()) {
      throw new IllegalArgumentException("spans out of order: before=" + this + " next=" + next);
    }
    return with(next);
  }
}
