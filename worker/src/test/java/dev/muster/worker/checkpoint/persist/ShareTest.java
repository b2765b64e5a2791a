package dev.muster.worker.checkpoint.persist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.DType;
import dev.muster.worker.checkpoint.snapshot.SnapshotLayout;
import dev.muster.worker.checkpoint.snapshot.SnapshotLayout.Entry;
import dev.muster.worker.checkpoint.storage.Box;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ShareTest {
  private static final long MIB = 1 << 20;

  private static Entry entry(String name, boolean replicated, long... shape) {
    var box = Box.whole(Arrays.stream(shape).boxed().toList());
    long bytes = box.elements();
    return new Entry(name, DType.UINT8, shape, box.bounds(), replicated, 0, bytes);
  }

  private static Entry random(Random random, int number, boolean replicated) {
    long[] shape = new long[random.nextInt(4)];
    for (int d = 0; d < shape.length; d++) {
      shape[d] = random.nextInt(random.nextBoolean() ? 4 : 300);
    }
    return entry("t" + number, replicated, shape);
  }

  @Test
  void givenAnyLayouts_whenDivided_thenReplicatedRowsAreWrittenOnceAndShardsByTheirHolder() {
    for (long seed = 0; seed < 300; seed++) {
      var random = new Random(seed);
      int worldSize = 1 + random.nextInt(12);
      var replicated = new ArrayList<Entry>();
      for (int i = random.nextInt(20); i > 0; i--) {
        replicated.add(random(random, i, true));
      }
      var rows = new TreeMap<String, Long>();
      for (int rank = 0; rank < worldSize; rank++) {
        var own = entry("shard." + rank, false, rank, 3);
        var entries = new ArrayList<>(replicated);
        entries.add(own);
        Collections.shuffle(entries, random); // a rank may list them in any order
        var shares = Share.of(new SnapshotLayout(entries), rank, worldSize);
        assertThat(shares.stream().filter(s -> s.entry() == own)).hasSize(1);
        shares.stream().filter(s -> s.entry() != own).forEach(s -> assertFollows(s, rows));
      }
      assertThat(rows.keySet()).as("seed=%s", seed).hasSize(replicated.size());
      for (Entry entry : replicated) {
        assertThat(rows.get(entry.name())).as("seed=%s %s", seed, entry).isEqualTo(entry.bytes());
      }
    }
  }

  /** Ranks in order write a tensor from its first byte to its last. */
  private static void assertFollows(Share share, TreeMap<String, Long> written) {
    long before = written.getOrDefault(share.entry().name(), 0L);
    assertThat(share.offset()).isEqualTo(before);
    assertThat(share.bytes()).isEqualTo(share.box().elements());
    written.put(share.entry().name(), before + share.bytes());
  }

  @Test
  void givenOneHugeTensor_whenDivided_thenAllRanksWriteAlikeButForARow() {
    var layout =
        new SnapshotLayout(
            List.of(
                entry("embedding", true, 50_257, 768),
                entry("norm", true, 768),
                entry("position", true, 1024, 768)));
    long total = 50_257 * 768 + 768 + 1024 * 768;
    for (int worldSize : List.of(1, 2, 3, 7, 8, 64)) {
      for (int rank = 0; rank < worldSize; rank++) {
        long bytes = Share.of(layout, rank, worldSize).stream().mapToLong(Share::bytes).sum();
        assertThat(bytes).isBetween(total / worldSize - 2 * 768, total / worldSize + 2 * 768);
      }
    }
  }

  @Test
  void givenSmallTensors_whenDivided_thenNoneIsSplit() {
    var entries = new ArrayList<Entry>();
    for (int i = 0; i < 100; i++) {
      entries.add(entry("w" + i, true, 60, 1000));
    }
    for (int rank = 0; rank < 7; rank++) {
      var shares = Share.of(new SnapshotLayout(entries), rank, 7);
      assertThat(shares).allMatch(s -> s.bytes() == 60_000);
      assertThat(shares).hasSizeBetween(14, 15);
    }
  }

  @Test
  void givenATensorThatOneRankHoldsAllOf_whenDivided_thenItIsNoReplica() {
    var all = entry("moments", false, 1, MIB);
    assertThat(Share.of(new SnapshotLayout(List.of(all)), 5, 8))
        .singleElement()
        .satisfies(s -> assertThat(s.bytes()).isEqualTo(MIB));
  }
}
