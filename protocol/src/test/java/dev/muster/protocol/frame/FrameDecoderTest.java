package dev.muster.protocol.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FrameDecoderTest {
  @Test
  void givenPayload_whenEncoded_thenLengthIsBigEndian() {
    assertThat(Frames.encode(new byte[] {7, 8, 9})).containsExactly(0, 0, 0, 3, 7, 8, 9);
  }

  @Test
  void givenPayloadOutsideTheLimit_whenEncoded_thenSenderIsTold() {
    assertThatThrownBy(() -> Frames.encode(new byte[0])).hasMessageContaining("actual=0");
    assertThatThrownBy(() -> Frames.encode(new byte[9], 8))
        .hasMessageContaining("expected=1..8 actual=9");
  }

  @Test
  void givenFramesCutAnywhere_whenFed_thenTheyComeBackInOrder() throws Exception {
    for (long seed = 0; seed < 200; seed++) {
      var random = new SplittableRandom(seed);
      var payloads = new ArrayList<byte[]>();
      var stream = ByteBuffer.allocate(1 << 20);
      for (int i = 0; i < 10; i++) {
        var payload = new byte[1 + random.nextInt(random.nextBoolean() ? 5 : 20_000)];
        random.nextBytes(payload);
        payloads.add(payload);
        stream.put(Frames.encode(payload));
      }
      stream.flip();
      assertThat(feedInPieces(stream, random))
          .as("seed=%d", seed)
          .containsExactlyElementsOf(payloads);
    }
  }

  private static List<byte[]> feedInPieces(ByteBuffer stream, SplittableRandom random)
      throws Exception {
    var decoder = new FrameDecoder();
    var frames = new ArrayList<byte[]>();
    while (stream.hasRemaining()) {
      var piece = new byte[Math.min(stream.remaining(), 1 + random.nextInt(9000))];
      stream.get(piece);
      frames.addAll(decoder.feed(piece));
    }
    assertThat(decoder.midFrame()).isFalse();
    return frames;
  }

  @Test
  void givenNegativeZeroOrOversizedLength_whenFed_thenRefusedAtTheHeader() {
    for (int length :
        new int[] {-1, Integer.MIN_VALUE, 0, Frames.MAX_BYTES + 1, Integer.MAX_VALUE}) {
      var header = ByteBuffer.allocate(4).putInt(length).array();
      assertThatThrownBy(() -> new FrameDecoder().feed(header))
          .isInstanceOf(MalformedFrameException.class)
          .hasMessageContaining("actual=" + length);
    }
  }

  @Test
  void givenOnlyAnAnnouncement_whenFed_thenMemoryFollowsTheBytesThatCame() throws Exception {
    var bean =
        (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
    var start = ByteBuffer.allocate(1004).putInt(Frames.MAX_BYTES).array();
    new FrameDecoder().feed(start);
    long before = bean.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 100; i++) {
      new FrameDecoder().feed(start);
    }
    assertThat((bean.getCurrentThreadAllocatedBytes() - before) / 100).isLessThan(10_000);
  }

  @Test
  void givenLimitRaisedBetweenTwoFrames_whenReadOneByOne_thenEachFrameHasItsLimit()
      throws Exception {
    var stream =
        ByteBuffer.allocate(100)
            .put(Frames.encode(new byte[8]))
            .put(Frames.encode(new byte[9]))
            .flip();
    var decoder = new FrameDecoder(8);
    assertThat(decoder.next(stream)).get().satisfies(f -> assertThat(f).hasSize(8));
    decoder.maxBytes(9);
    assertThat(decoder.next(stream)).get().satisfies(f -> assertThat(f).hasSize(9));
    assertThat(decoder.next(stream)).isEmpty();
  }

  @Test
  void givenCutFrame_whenFed_thenDecoderSaysSo() throws Exception {
    var decoder = new FrameDecoder();
    assertThat(decoder.feed(Arrays.copyOf(Frames.encode(new byte[8]), 2))).isEmpty();
    assertThat(decoder.midFrame()).isTrue();
  }
}
