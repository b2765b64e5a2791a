package dev.muster.master.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.data.NamedRanges.Lent;
import dev.muster.protocol.Generation;
import dev.muster.worker.NamedDataset;
import dev.muster.worker.data.Positions;
import dev.muster.worker.data.Spans;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * A random life of one dataset known by its name: members and consumers take ranges, some are given
 * back, claimed or lost; partitions grow and new ones come; a step is committed, or done again by
 * another generation, or an older state is restored. The state after each step is kept as the
 * members keep it ({@link Positions}); beside it there is a book of single records.
 */
final class StreamHistory {
  private static final String NAME = "x";
  private static final int STEPS = 60;
  private static final int DRAIN_STEPS = 2_000;

  private final Random random;
  private final NamedDataset dataset;
  private final boolean forgetful; // a planted bug: what is given back is used all the same
  private final Map<String, Long> ends = new TreeMap<>();
  private final TreeMap<Long, Positions> states = new TreeMap<>();
  private final TreeMap<Long, List<String>> recordsOf = new TreeMap<>(); // of committed steps
  private final Map<Consumer, List<Lent>> held = new HashMap<>();
  private NamedRanges ranges;
  private long generation;
  private long step = 1;
  int redone;
  int restored;
  int claimed;
  int givenBack;
  int stale;

  StreamHistory(long seed, boolean forgetful) {
    this.random = new Random(seed);
    this.forgetful = forgetful;
    int size = 1 + random.nextInt(20);
    this.dataset =
        random.nextInt(3) == 0
            ? NamedDataset.shuffled(NAME, size, 1 + random.nextInt(150), 1 + random.nextInt(3))
            : NamedDataset.stream(NAME, size);
    states.put(0L, Positions.NONE);
    begin();
  }

  /** The next generation, from the state of the step before. */
  private void begin() {
    held.clear();
    var state = states.get(step - 1);
    assertThat(Positions.parse(state.text())).as("as a checkpoint has it").isEqualTo(state);
    ranges = new NamedRanges(dataset, new Generation(++generation), step - 1, state.of(NAME));
    ends.forEach(ranges::offer);
  }

  void run() {
    while (step <= STEPS) {
      grow();
      var used = compute(false);
      switch (random.nextInt(25)) {
        case 0, 1, 2 -> redo();
        case 3 -> restore();
        default -> commit(used);
      }
    }
    drain();
    requireExactlyOnce();
  }

  private void grow() {
    if (dataset.stream() && random.nextInt(4) == 0) {
      String partition = "p" + random.nextInt(5);
      ends.merge(partition, (long) random.nextInt(400), Math::max);
      assertThat(ranges.offer(partition, ends.get(partition))).isEmpty();
    }
  }

  private List<Lent> compute(boolean draining) {
    assertThat(ranges.computes(step)).isTrue();
    var used = new ArrayList<Lent>();
    for (int i = random.nextInt(6) + (draining ? 1 : 0); i > 0; i--) {
      int choice = draining ? 0 : random.nextInt(8);
      var someone = new Consumer("c" + random.nextInt(3));
      switch (choice) {
        case 0, 1, 2, 3 ->
            ranges
                .takeToUse(new Consumer("r" + i), step, 1 + random.nextInt(30))
                .ifPresent(lent -> useOrGiveBack(lent, used, draining));
        case 4, 5 ->
            ranges
                .takeToHold(someone, Long.MAX_VALUE)
                .ifPresent(lent -> held.computeIfAbsent(someone, c -> new ArrayList<>()).add(lent));
        case 6 -> claimSome(used);
        default -> lose(someone);
      }
    }
    return used;
  }

  private void useOrGiveBack(Lent lent, List<Lent> used, boolean draining) {
    if (draining || random.nextInt(5) > 0) {
      used.add(lent);
      return;
    }
    givenBack++;
    long cut = lent.from() + random.nextLong(lent.to() - lent.from());
    var back = new Lent(lent.partition(), cut, lent.to());
    assertThat(ranges.unused(step, back)).isEmpty();
    if (cut > lent.from() || forgetful) {
      used.add(new Lent(lent.partition(), lent.from(), forgetful ? lent.to() : cut));
    }
  }

  /** Whatever a consumer has ever read; of what it lost, nothing can be claimed. */
  private void claimSome(List<Lent> used) {
    for (var holder : held.keySet().stream().sorted().toList()) {
      for (Lent lent : List.copyOf(held.get(holder))) {
        if (random.nextBoolean()) {
          assertThat(ranges.claim(holder, step, lent)).isEmpty();
          assertThat(ranges.claim(holder, step, lent)).as("once").contains("does not hold");
          held.get(holder).remove(lent);
          used.add(lent);
          claimed++;
        }
      }
    }
  }

  private void lose(Consumer consumer) {
    var lost = held.remove(consumer);
    ranges.lost(consumer);
    for (Lent lent : lost == null ? List.<Lent>of() : lost) {
      assertThat(ranges.claim(consumer, step, lent)).contains("does not hold");
      stale++;
    }
  }

  private void commit(List<Lent> used) {
    var state = states.get(step - 1);
    var records = new ArrayList<String>();
    for (Lent lent : used) {
      var partition = lent.partition();
      var span =
          new Spans.Span(
              dataset.doneAt(partition, lent.from()), dataset.doneAt(partition, lent.to()));
      state = state.used(NAME, dataset.doneIn(partition), span);
      for (long at = lent.from(); at < lent.to(); at++) {
        records.add(lent.partition() + ":" + at);
      }
    }
    states.put(step, state);
    recordsOf.put(step, records);
    step++;
  }

  /** The step in flight is lost with its group. */
  private void redo() {
    redone++;
    begin();
  }

  private void restore() {
    restored++;
    step = 1 + random.nextLong(step);
    states.tailMap(step, true).clear();
    recordsOf.tailMap(step, true).clear();
    begin();
  }

  /** Nobody is lost any more, so all that is there is done in the end. */
  private void drain() {
    held.keySet().stream().sorted().toList().forEach(this::lose);
    long last = step + DRAIN_STEPS;
    for (boolean some = true; some; ) {
      assertThat(step).as("it comes to an end").isLessThan(last);
      var used = compute(true);
      some = !used.isEmpty();
      commit(used);
    }
  }

  private void requireExactlyOnce() {
    Set<String> seen = new HashSet<>();
    recordsOf
        .values()
        .forEach(
            records -> records.forEach(record -> assertThat(seen.add(record)).as(record).isTrue()));
    assertThat(seen).isEqualTo(expected());
    var done = states.lastEntry().getValue().of(NAME).values().stream();
    assertThat(done.mapToLong(Spans::count).sum()).isEqualTo(seen.size());
  }

  private Set<String> expected() {
    var all = new HashSet<String>();
    ends.forEach((partition, end) -> add(all, partition, end));
    for (long epoch = 0; epoch < dataset.epochs(); epoch++) {
      add(all, Long.toString(epoch), dataset.samples());
    }
    return all;
  }

  private static void add(Set<String> all, String partition, long end) {
    for (long at = 0; at < end; at++) {
      all.add(partition + ":" + at);
    }
  }
}
