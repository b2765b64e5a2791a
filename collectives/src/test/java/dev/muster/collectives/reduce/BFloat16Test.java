package dev.muster.collectives.reduce;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.collectives.Expected;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BFloat16Test {
  @Test
  void givenEveryBFloat16_whenWidenedAndNarrowed_thenItIsItself() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float value = BFloat16.widen((short) bits);
      if (Float.isNaN(value)) {
        assertThat(BFloat16.widen(BFloat16.narrow(value))).isNaN();
      } else {
        assertThat(BFloat16.narrow(value)).isEqualTo((short) bits);
      }
    }
  }

  @Test
  void givenFiniteFloats_whenNarrowed_thenTheyGoToTheNearestAndTiesToEven() {
    long seed = 16;
    Random random = new Random(seed);
    for (int i = 0; i < 200_000; i++) {
      int bits = random.nextInt();
      float value = Float.intBitsToFloat(i % 2 == 0 ? bits & 0xffff8000 | 0x8000 : bits);
      if (Math.abs(value) < 1e38f) {
        assertThat(BFloat16.narrow(value))
            .as("seed=%d value=%s", seed, value)
            .isEqualTo(Expected.round(value));
      }
    }
    assertThat(BFloat16.widen(BFloat16.narrow(Float.MAX_VALUE))).isInfinite();
  }
}
