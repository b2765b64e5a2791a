package dev.muster.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecurringMapTest {
  /** Keys that are equal and the same, or equal and not, in runs and at random. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void givenAnyUse_thenTheSameAsAHashMap(long seed) {
    var random = new Random(seed);
    var map = new RecurringMap<NodeId, Integer>();
    var reference = new HashMap<NodeId, Integer>();
    var known = new NodeId[20];
    for (int n = 0; n < known.length; n++) {
      known[n] = node(n);
    }
    for (int use = 0; use < 20_000; use++) {
      int at = random.nextInt(4) == 0 ? random.nextInt(known.length) : use % known.length;
      var key = random.nextInt(8) == 0 ? node(at) : known[at];
      switch (random.nextInt(16)) {
        case 0 -> {
          map.put(key, use);
          reference.put(key, use);
        }
        case 1 -> assertThat(map.remove(key)).as("seed=%d", seed).isEqualTo(reference.remove(key));
        default -> assertThat(map.get(key)).as("seed=%d", seed).isEqualTo(reference.get(key));
      }
      assertThat(map.size()).isEqualTo(reference.size());
    }
  }

  private static NodeId node(int number) {
    return new NodeId("n" + number);
  }
}
