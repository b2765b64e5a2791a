package dev.muster.master.data;

import dev.muster.protocol.Generation;
import dev.muster.worker.NamedDataset;
import dev.muster.worker.data.Positions;
import dev.muster.worker.data.Spans;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * The ranges of one dataset that are lent within one generation, to its members and to consumers
 * outside. Begins with what the members' state says is done ({@link Positions}); nothing of it
 * outlives its generation, because the next one begins with such a state again. Not thread-safe,
 * not journaled.
 *
 * <p>What a member takes or claims is used in its step, unless it gives it back within the step; a
 * member in a later step says that the former are committed. What a consumer takes is only held.
 */
public final class NamedRanges {
  /** Nothing is reported as failed here. */
  private static final int MAX_FAILURES = 1;

  private final NamedDataset dataset;
  private final Generation generation;
  private final List<String> partitions; // of a stream: their names by number
  private RangeLedger ledger;

  /** Offsets of a stream's partition, or positions of an epoch. */
  public record Lent(String partition, long from, long to) {}

  /**
   * @param step the last committed one
   * @param done of this dataset, by partition, as of that step
   */
  public NamedRanges(
      NamedDataset dataset, Generation generation, long step, SortedMap<String, Spans> done) {
    this.dataset = dataset;
    this.generation = generation;
    this.partitions = new ArrayList<>(dataset.stream() ? done.keySet() : List.of());
    this.ledger =
        dataset.stream()
            ? streamAfter(step, List.copyOf(done.values()))
            : indicesAfter(step, done.getOrDefault(dataset.doneIn("0"), Spans.NONE));
  }

  private RangeLedger streamAfter(long step, List<Spans> done) {
    var outstanding = new ArrayList<Piece>();
    for (int p = 0; p < done.size(); p++) {
      for (Spans.Span gap : done.get(p).gaps(done.get(p).end()).list()) {
        outstanding.add(new Piece(new Range(0, p, gap.from(), gap.to()), 0));
      }
    }
    var ends = done.stream().map(Spans::end).toList();
    var stream = new Dataset.Stream(done.size(), dataset.rangeSize());
    return restore(stream, step, new Cursor(0, 0, ends, ends), outstanding);
  }

  /** Epochs are one behind the other there; nothing is done behind the end. */
  private RangeLedger indicesAfter(long step, Spans done) {
    long samples = dataset.samples();
    long last = Math.max(0, done.end() - 1) / samples;
    var outstanding = new ArrayList<Piece>();
    for (Spans.Span gap : done.gaps(done.end()).list()) {
      for (long epoch = gap.from() / samples; epoch * samples < gap.to(); epoch++) {
        long from = Math.max(0, gap.from() - epoch * samples);
        long to = Math.min(samples, gap.to() - epoch * samples);
        outstanding.add(new Piece(new Range(epoch, 0, from, to), 0));
      }
    }
    var indices =
        new Dataset.Indices(samples, dataset.rangeSize(), dataset.epochs(), dataset.shuffled(), 0);
    long next = done.end() - last * samples;
    return restore(
        indices, step, new Cursor(last, 0, List.of(next), List.of(samples)), outstanding);
  }

  private RangeLedger restore(Dataset of, long step, Cursor cursor, List<Piece> outstanding) {
    return RangeLedger.restore(
        of, MAX_FAILURES, generation, new LedgerState(step, cursor, outstanding));
  }

  public NamedDataset dataset() {
    return dataset;
  }

  /**
   * A member computes this step, so all before are committed.
   *
   * @return false: it says so too late, another one is further
   */
  public boolean computes(long step) {
    if (step - 1 > ledger.committed()) {
      decide(new RangeEvent.Committed(generation, step - 1));
    }
    return step > ledger.committed();
  }

  /**
   * A partition is there up to {@code end}; perhaps a new one.
   *
   * @return why not; empty when it is entered
   */
  public String offer(String partition, long end) {
    if (!dataset.stream()) {
      return "only a stream has partitions to offer: dataset=" + dataset.definition();
    }
    if (end < 0) {
      return "a partition cannot end before its begin: partition=" + partition + " end=" + end;
    }
    if (!partitions.contains(partition)) {
      partitions.add(partition);
    }
    decide(new RangeEvent.Offered(partitions.indexOf(partition), end));
    return "";
  }

  /** The next range for a member, used in this step. */
  public Optional<Lent> takeToUse(Consumer member, long step, long atMost) {
    var lent = lend(member, step, atMost);
    lent.ifPresent(range -> decide(new RangeEvent.Used(member, generation, step, range)));
    return lent.map(this::named);
  }

  /** The next range for a consumer outside of the group, to hold. */
  public Optional<Lent> takeToHold(Consumer consumer, long atMost) {
    return lend(consumer, ledger.committed() + 1, atMost).map(this::named);
  }

  private Optional<Range> lend(Consumer consumer, long step, long atMost) {
    var ruling = decide(new RangeEvent.Take(consumer, generation, step, atMost));
    return ruling instanceof Ruling.Leased leased ? Optional.of(leased.range()) : Optional.empty();
  }

  /**
   * A member uses in its step (a part of) what a consumer holds.
   *
   * @return why not; empty when it may
   */
  public String claim(Consumer holder, long step, Lent part) {
    return change(part, range -> new RangeEvent.Used(holder, generation, step, range));
  }

  /**
   * (A part of) what a member's step was to use is free again.
   *
   * @return why not; empty when it is
   */
  public String unused(long step, Lent part) {
    return change(part, range -> new RangeEvent.Unused(generation, step, range));
  }

  /**
   * (A part of) what a consumer holds is free again.
   *
   * @return why not; empty when it is
   */
  public String giveBack(Consumer consumer, Lent part) {
    return change(part, range -> new RangeEvent.GivenBack(consumer, generation, range));
  }

  /**
   * Whether a consumer still holds all of this.
   *
   * @return why not; empty when it does
   */
  public String held(Consumer consumer, Lent part) {
    boolean held =
        range(part).flatMap(range -> ledger.books().leaseOf(consumer, range)).isPresent();
    return held ? "" : "consumer=" + consumer + " does not hold " + part;
  }

  /** The consumer is gone, or its lease has run out. */
  public void lost(Consumer consumer) {
    decide(new RangeEvent.Lost(consumer));
  }

  private String change(Lent part, java.util.function.Function<Range, RangeEvent> event) {
    var range = range(part);
    if (range.isEmpty()) {
      return "no such partition: partition=" + part.partition();
    }
    var ruling = decide(event.apply(range.get()));
    return ruling instanceof Ruling.Refused ? ruling.reason() : "";
  }

  private Ruling decide(RangeEvent event) {
    var ruling = ledger.decide(event);
    ledger = ruling.ledger();
    return ruling;
  }

  private Lent named(Range range) {
    String partition =
        dataset.stream() ? partitions.get(range.partition()) : Long.toString(range.epoch());
    return new Lent(partition, range.from(), range.to());
  }

  private Optional<Range> range(Lent named) {
    if (!dataset.stream()) {
      return Optional.of(new Range(Long.parseLong(named.partition), 0, named.from, named.to));
    }
    int partition = partitions.indexOf(named.partition());
    return partition < 0
        ? Optional.empty()
        : Optional.of(new Range(0, partition, named.from(), named.to()));
  }
}
