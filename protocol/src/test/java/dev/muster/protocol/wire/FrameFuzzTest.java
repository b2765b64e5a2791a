package dev.muster.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.protocol.frame.MalformedFrameException;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FrameFuzzTest {
  private static final long SEED = 20_261;
  private static final int FRAMES = 20_000;

  @Test
  void givenSpoiledFrames_whenDecoded_thenTakenOrRefusedWithinTheAllocationLimit() {
    var report = FrameFuzz.run(SEED, FRAMES);
    assertThat(report.findings()).as("%s", report).isEmpty();
    assertThat(report.decoded() + report.refused()).isEqualTo(FRAMES);
    assertThat(report.decoded()).as("the seeds are valid frames").isGreaterThan(FRAMES / 20);
    assertThat(report.refused()).as("the mutator spoils most of them").isGreaterThan(FRAMES / 4);
  }

  @Test
  void givenOneSeed_whenRunTwice_thenSameCounts() {
    var first = FrameFuzz.run(7, 2000);
    var second = FrameFuzz.run(7, 2000);
    assertThat(second.decoded()).isEqualTo(first.decoded());
    assertThat(LongStream.of(8, 9, 10).map(seed -> FrameFuzz.run(seed, 2000).decoded()))
        .as("two seeds may decode as many by chance, not all")
        .anyMatch(decoded -> decoded != first.decoded());
    assertThat(FrameFuzz.replay(7, 1234)).isEmpty();
  }

  @Test
  void givenEveryTarget_whenFedItsValidFrames_thenAtLeastOneOfThemIsTaken() throws Exception {
    for (var target : FuzzTarget.values()) {
      int taken = 0;
      for (long seed = 0; seed < 50; seed++) {
        taken += taken(target, new SplittableRandom(seed)) ? 1 : 0;
      }
      assertThat(taken).as("%s", target).isPositive();
    }
  }

  private static boolean taken(FuzzTarget target, SplittableRandom random) {
    try {
      target.decode(target.valid().get(random.nextInt(target.valid().size())), random);
      return true;
    } catch (MalformedFrameException | HandshakeException e) {
      return false;
    }
  }
}
