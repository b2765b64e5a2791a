package dev.muster.protocol.wire;

import dev.muster.protocol.frame.Frames;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Spoils valid frames in the ways a broken or hostile peer does; a function of its random source
 * alone.
 */
final class Mutator {
  private static final int[] LENGTHS = {
    0,
    1,
    -1,
    127,
    128,
    255,
    256,
    65_535,
    Frames.MAX_BYTES,
    Frames.MAX_BYTES + 1,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE
  };
  private static final byte[] BYTES = {
    0, 1, 2, 0x0F, 0x22, 0x3F, 0x40, 0x5B, 0x7B, 0x7F, (byte) 0x80, (byte) 0xBF, (byte) 0xFF
  };

  private final SplittableRandom random;

  Mutator(SplittableRandom random) {
    this.random = random;
  }

  /** A copy of one of {@code seeds}, spoiled 0 to 3 times. */
  byte[] frame(List<byte[]> seeds) {
    var frame = seeds.get(random.nextInt(seeds.size())).clone();
    for (int i = random.nextInt(4); i > 0; i--) {
      frame = once(frame, seeds);
    }
    return frame;
  }

  private byte[] once(byte[] frame, List<byte[]> seeds) {
    if (frame.length == 0) {
      return noise();
    }
    return switch (random.nextInt(8)) {
      case 0, 1 -> flipped(frame);
      case 2 -> Arrays.copyOf(frame, random.nextInt(frame.length));
      case 3 -> lengthEdited(frame);
      case 4 -> spliced(frame, seeds.get(random.nextInt(seeds.size())));
      case 5 -> replaced(frame);
      case 6 -> repeated(frame);
      default -> random.nextInt(4) == 0 ? noise() : flipped(frame);
    };
  }

  private byte[] flipped(byte[] frame) {
    for (int i = 1 + random.nextInt(8); i > 0; i--) {
      frame[random.nextInt(frame.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return frame;
  }

  private byte[] replaced(byte[] frame) {
    frame[random.nextInt(frame.length)] = BYTES[random.nextInt(BYTES.length)];
    return frame;
  }

  /** A telling length somewhere, big-endian or as a variable-length number. */
  private byte[] lengthEdited(byte[] frame) {
    int length = LENGTHS[random.nextInt(LENGTHS.length)];
    var edit =
        random.nextBoolean() ? ByteBuffer.allocate(4).putInt(length).array() : varInt(length);
    int at = random.nextBoolean() ? 0 : random.nextInt(frame.length);
    System.arraycopy(edit, 0, frame, at, Math.min(edit.length, frame.length - at));
    return frame;
  }

  private static byte[] varInt(int value) {
    var out = ByteBuffer.allocate(5);
    while ((value & ~0x7F) != 0) {
      out.put((byte) (value & 0x7F | 0x80));
      value >>>= 7;
    }
    out.put((byte) value);
    return Arrays.copyOf(out.array(), out.position());
  }

  private byte[] spliced(byte[] head, byte[] tail) {
    int from = random.nextInt(tail.length + 1);
    return joined(head, random.nextInt(head.length + 1), tail, from);
  }

  /** Some bytes twice. */
  private byte[] repeated(byte[] frame) {
    int end = 1 + random.nextInt(frame.length);
    return joined(frame, end, frame, random.nextInt(end));
  }

  private static byte[] joined(byte[] head, int headBytes, byte[] tail, int tailFrom) {
    var joined = Arrays.copyOf(head, headBytes + tail.length - tailFrom);
    System.arraycopy(tail, tailFrom, joined, headBytes, tail.length - tailFrom);
    return joined;
  }

  private byte[] noise() {
    var noise = new byte[random.nextInt(300)];
    random.nextBytes(noise);
    return noise;
  }
}
