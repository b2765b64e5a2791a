package dev.muster.protocol.core;

/**
 * Randomness without state: each value is a function of (seed, stream, entity, index), so a draw
 * that is left out or added shifts no other. Mixing is the finalizer of SplitMix64 (Steele, Lea,
 * Flood: Fast splittable pseudorandom number generators, 2014), applied once per argument. Not for
 * secrets. Any thread.
 */
public final class CounterRandom {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;
  private static final long FNV_OFFSET = 0xCBF29CE484222325L;
  private static final long FNV_PRIME = 0x100000001B3L;

  private CounterRandom() {}

  /** A uniform 64-bit value. */
  public static long mix(long seed, String stream, long entity, long index) {
    return at(of(seed, stream, entity), index);
  }

  /** What all draws of one entity have in common; {@link #at} makes one of it. */
  public static long of(long seed, String stream, long entity) {
    return chain(chain(chain(0, seed), hash(stream)), entity);
  }

  /** As {@link #mix} of what {@link #of} was given, for a quarter of the work. */
  public static long at(long entity, long index) {
    return chain(entity, index);
  }

  /** A uniform value from 0 to {@code bound - 1}; the bias is below {@code bound / 2^63}. */
  public static long below(long bound, long random) {
    if (bound < 1) {
      throw new IllegalArgumentException("bound below 1: bound=" + bound);
    }
    return (random >>> 1) % bound;
  }

  /** A uniform value in [0, 1). */
  public static double unit(long random) {
    return (random >>> 11) * 0x1.0p-53;
  }

  private static long chain(long state, long value) {
    return finish(state + GOLDEN + finish(value + GOLDEN));
  }

  private static long finish(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** FNV-1a over UTF-16 units: the same in every JVM and easy to repeat in another language. */
  private static long hash(String text) {
    long hash = FNV_OFFSET;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * FNV_PRIME;
    }
    return hash;
  }
}
