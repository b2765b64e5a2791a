package dev.muster.master.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.Generation;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * A random life of one data set: consumers of unequal speed come, fail, are lost in the middle of a
 * step or say something late, and now and then all go back to an older checkpoint. Beside the
 * ledger it keeps books of its own, of what the steps that count used.
 */
final class LedgerHistory {
  private static final int FAULTY_STEPS = 60;
  private final Random random;
  private final Dataset.Indices dataset;
  private final List<Object> log = new ArrayList<>(); // events, and states that were restored
  private final List<Range> handedOut = new ArrayList<>();
  private final List<Consumer> consumers = new ArrayList<>();
  private final TreeMap<Long, List<Range>> usedBy = new TreeMap<>();
  private final TreeMap<Long, Set<Long>> usedBefore = new TreeMap<>(); // by attempts that failed
  private final List<LedgerState> checkpoints = new ArrayList<>();
  private RangeLedger ledger;
  private long generation = 1;
  private int born;
  int losses;
  int restores;
  int failures;
  int redone;

  LedgerHistory(long seed) {
    random = new Random(seed);
    dataset =
        new Dataset.Indices(
            1 + random.nextInt(400),
            1 + random.nextInt(30),
            1 + random.nextInt(3),
            random.nextBoolean(),
            random.nextLong());
    ledger = RangeLedger.start(dataset, 1_000_000, new Generation(generation));
    checkpoints.add(ledger.state());
    for (int i = random.nextInt(8); i >= 0; i--) {
      consumers.add(new Consumer("w" + born++));
    }
  }

  void run() {
    for (int attempts = 0; !isOver(); attempts++) {
      assertThat(attempts).as("it comes to an end").isLessThan(5000);
      boolean faulty = attempts < FAULTY_STEPS;
      compute(ledger.committed() + 1);
      if (faulty && random.nextInt(6) == 0) {
        loseSome();
      } else if (faulty && random.nextInt(25) == 0) {
        restore();
      } else {
        commit();
      }
    }
    requireExactlyOnce();
    requireReplayable();
  }

  private boolean isOver() {
    return LongStream.range(0, dataset.epochs())
        .allMatch(epoch -> ledger.doneIn(epoch) == dataset.samples());
  }

  private void compute(long step) {
    while (!ledger.books().waiting().of(step).isEmpty()) {
      Consumer consumer = any();
      use(consumer, step, take(consumer, step));
    }
    for (Consumer consumer : List.copyOf(consumers)) {
      int speed = Math.floorMod(consumer.name().hashCode(), 3) + 1;
      for (int i = 0; i < speed; i++) {
        take(consumer, step);
      }
      useSome(consumer, step);
    }
    saySomethingLate(step);
  }

  /** Null if there is nothing. */
  private Range take(Consumer consumer, long step) {
    var ruling = decide(new RangeEvent.Take(consumer, new Generation(generation), step));
    if (ruling instanceof Ruling.Leased leased) {
      handedOut.add(leased.range());
      return leased.range();
    }
    return null;
  }

  /** Whole leases or parts of them; slow ones keep some for a later step. */
  private void useSome(Consumer consumer, long step) {
    for (Piece piece : List.copyOf(ledger.books().leased().of(consumer))) {
      Range range = piece.range();
      switch (random.nextInt(8)) {
        case 0 -> {}
        case 1 -> fail(consumer, range);
        case 2, 3 -> use(consumer, step, part(range));
        default -> use(consumer, step, range);
      }
    }
  }

  private Range part(Range range) {
    long from = range.from() + random.nextLong(range.count());
    return range.between(from, from + 1 + random.nextLong(range.to() - from));
  }

  private void use(Consumer consumer, long step, Range range) {
    var event = new RangeEvent.Used(consumer, new Generation(generation), step, range);
    assertThat(decide(event)).isInstanceOf(Ruling.Noted.class);
    usedBy.computeIfAbsent(step, s -> new ArrayList<>()).add(range);
  }

  private void fail(Consumer consumer, Range range) {
    failures++;
    decide(new RangeEvent.Failed(consumer, new Generation(generation), range, "bad record"));
  }

  private void saySomethingLate(long step) {
    var before = ledger;
    decide(new RangeEvent.Take(any(), new Generation(generation - 1), step));
    decide(new RangeEvent.Committed(new Generation(generation - 1), step));
    decide(new RangeEvent.Committed(new Generation(generation), step - 1));
    assertThat(ledger).isEqualTo(before);
  }

  /** The step in flight may have been committed before the group was revoked, or not. */
  private void loseSome() {
    losses++;
    boolean committed = random.nextBoolean();
    long settled = ledger.committed() + (committed ? 1 : 0);
    for (int i = random.nextInt(3); i >= 0 && consumers.size() > 1; i--) {
      Consumer lost = any();
      consumers.remove(lost);
      decide(new RangeEvent.Lost(lost));
    }
    if (!committed) {
      redone++;
      usedBefore.put(settled + 1, positions(usedBy.remove(settled + 1)));
    }
    decide(new RangeEvent.Revoked(new Generation(++generation), settled));
    for (int i = random.nextInt(3); i > 0; i--) {
      consumers.add(new Consumer("w" + born++));
    }
    requireAgreement();
  }

  private void restore() {
    restores++;
    LedgerState state = checkpoints.get(random.nextInt(checkpoints.size()));
    checkpoints.removeIf(later -> later.step() > state.step());
    usedBy.tailMap(state.step(), false).clear();
    usedBefore.tailMap(state.step(), false).clear();
    log.add(state);
    ledger = restored(dataset, ++generation, state);
    requireAgreement();
  }

  private static RangeLedger restored(Dataset dataset, long generation, LedgerState state) {
    return RangeLedger.restore(dataset, 1_000_000, new Generation(generation), state);
  }

  private void commit() {
    decide(new RangeEvent.Committed(new Generation(generation), ledger.committed() + 1));
    requireAgreement();
    if (random.nextInt(3) == 0) {
      checkpoints.add(ledger.state());
    }
  }

  private void requireAgreement() {
    long step = ledger.committed();
    assertThat(positions(usedBy.get(step)))
        .as("step=%d is given what it used before", step)
        .containsAll(usedBefore.getOrDefault(step, Set.of()));
    for (long epoch = 0; epoch < dataset.epochs(); epoch++) {
      assertThat(ledger.doneIn(epoch)).isEqualTo(committedIn(epoch));
    }
  }

  private long committedIn(long epoch) {
    return usedBy.headMap(ledger.committed(), true).values().stream()
        .flatMap(List::stream)
        .filter(range -> range.epoch() == epoch)
        .mapToLong(Range::count)
        .sum();
  }

  private Set<Long> positions(List<Range> ranges) {
    var positions = new HashSet<Long>();
    for (Range range : ranges == null ? List.<Range>of() : ranges) {
      for (long at = range.from(); at < range.to(); at++) {
        positions.add(range.epoch() * dataset.samples() + at);
      }
    }
    return positions;
  }

  private void requireExactlyOnce() {
    for (long epoch = 0; epoch < dataset.epochs(); epoch++) {
      var seen = new BitSet();
      for (List<Range> ranges : usedBy.values()) {
        for (Range range : ranges) {
          if (range.epoch() == epoch) {
            for (long index : dataset.indices(range)) {
              assertThat(seen.get((int) index)).as("twice: index=%d", index).isFalse();
              seen.set((int) index);
            }
          }
        }
      }
      assertThat(seen.nextClearBit(0)).isEqualTo((int) dataset.samples());
    }
  }

  /** A second ledger, from the log alone. */
  private void requireReplayable() {
    var replayed = new ArrayList<Range>();
    var again = RangeLedger.start(dataset, 1_000_000, new Generation(1));
    for (Object entry : log) {
      if (entry instanceof LedgerState state) {
        again = restored(dataset, again.generation().number() + 1, state);
        continue;
      }
      var ruling = again.decide((RangeEvent) entry);
      again = ruling.ledger();
      if (ruling instanceof Ruling.Leased leased) {
        replayed.add(leased.range());
      }
    }
    assertThat(replayed).isEqualTo(handedOut);
    assertThat(again).isEqualTo(ledger);
  }

  private Ruling decide(RangeEvent event) {
    log.add(event);
    var ruling = ledger.decide(event);
    ledger = ruling.ledger();
    return ruling;
  }

  private Consumer any() {
    return consumers.get(random.nextInt(consumers.size()));
  }
}
