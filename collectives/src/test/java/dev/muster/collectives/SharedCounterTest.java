package dev.muster.collectives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.collectives.local.LocalGroups;
import dev.muster.collectives.shared.SharedMemoryGroups;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Ranks that take parts of steps at the same time: each part goes to one of them, none is lost. */
class SharedCounterTest {
  private static final long SEED = 4_711;
  private static final long START_STEP = (1L << 33) - 40; // steps need more than 32 bits
  private static final int WORLD_SIZE = 4;
  private static final int STEPS = 2_000;
  private static final int LIMIT_MAX = 60;

  private record Part(long step, int from, int to) {}

  @TempDir Path directory;

  static Stream<Groups> groups() {
    return Stream.of(new LocalGroups(), new SharedMemoryGroups());
  }

  @ParameterizedTest
  @MethodSource("groups")
  void givenRanksThatTakeAtOnce_whenAStepIsCommitted_thenItsPartsWereTakenOnceEach(Groups groups) {
    var spec = new Groups.Spec(directory, "dp", 1, WORLD_SIZE, START_STEP, 1 << 16);
    try (var ranks = new RankThreads(groups)) {
      List<List<Part>> taken = ranks.run(spec, SharedCounterTest::takeAll);
      var seen = new BitSet[STEPS];
      taken.stream().flatMap(List::stream).forEach(part -> mark(seen, part));
      for (int i = 0; i < STEPS; i++) {
        int whole = seen[i] == null ? 0 : seen[i].cardinality();
        assertThat(whole).as("seed=%d step=%d", SEED, i).isEqualTo(limit(i));
      }
      var parts = taken.stream().map(List::size).toList();
      assertThat(parts).as("nobody is left out").allMatch(n -> n > 0);
    }
    groups.remove(spec);
  }

  private static int limit(int i) {
    return new Random(SEED + i).nextInt(LIMIT_MAX);
  }

  private static List<Part> takeAll(Communicator ranks) {
    var counter = ranks.counter().orElseThrow();
    var random = new Random(SEED * 31 + ranks.rank());
    var parts = new ArrayList<Part>();
    for (int i = 0; i < STEPS; i++) {
      long step = START_STEP + 1 + i;
      int limit = limit(i);
      int atMost = 1 + random.nextInt(8);
      for (int from; (from = counter.take(step, limit, atMost)) < limit; ) {
        parts.add(new Part(i, from, Math.min(limit, from + atMost)));
      }
      ranks.agree(step);
    }
    return parts;
  }

  private static void mark(BitSet[] seen, Part part) {
    int i = (int) part.step();
    seen[i] = seen[i] == null ? new BitSet() : seen[i];
    assertThat(seen[i].get(part.from(), part.to()).isEmpty())
        .as("taken twice: seed=%d %s", SEED, part)
        .isTrue();
    seen[i].set(part.from(), part.to());
  }

  /** The word changes behind its back as often as it looks. */
  @Test
  void givenAnotherRankThatIsFirst_whenTaking_thenItTakesWhatFollows() {
    var word = new AtomicLong();
    var other = new SharedCounter(word(word, () -> {}), 0);
    var counter = new SharedCounter(word(word, () -> other.take(1, 20, 8)), 0);
    assertThat(counter.take(1, 20, 8)).isEqualTo(20);
    assertThat(counter.take(2, 20, 8)).as("a new step, of which nothing is taken").isZero();
    assertThatThrownBy(() -> counter.take(1, 20, 8))
        .hasMessageContaining("after a later one had begun: step=1 later=2");
  }

  private static SharedCounter.Word word(AtomicLong memory, Runnable before) {
    return new SharedCounter.Word() {
      @Override
      public long get() {
        return memory.get();
      }

      @Override
      public boolean compareAndSet(long expected, long next) {
        if (next >>> 32 == 1) {
          before.run();
        }
        return memory.compareAndSet(expected, next);
      }
    };
  }
}
