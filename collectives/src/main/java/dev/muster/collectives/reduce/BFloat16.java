package dev.muster.collectives.reduce;

/**
 * The upper half of a float32. Reductions accumulate in float32 and round once, at the end, to
 * nearest, ties to even.
 */
public final class BFloat16 {
  private BFloat16() {}

  public static float widen(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  public static short narrow(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short)
          (bits >>> 16 | 0x40); // rounding could carry a NaN into infinity; quiet it instead
    }
    return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
  }
}
