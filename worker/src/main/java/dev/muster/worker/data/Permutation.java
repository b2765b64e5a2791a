package dev.muster.worker.data;

/**
 * A keyed permutation of {@code [0, size)} in constant memory: a balanced Feistel network over the
 * next even number of bits, walked along its cycle until it lands inside the domain (Black and
 * Rogaway, "Ciphers with Arbitrary Finite Domains", 2002, method 2). Fewer than four applications
 * are expected.
 */
public final class Permutation {
  private static final int ROUNDS = 6;

  private final long size;
  private final long key;
  private final int halfBits;
  private final long halfMask;

  Permutation(long size, long key) {
    this.size = size;
    this.key = key;
    int bits = 64 - Long.numberOfLeadingZeros(Math.max(1, size - 1));
    this.halfBits = (bits + 1) / 2;
    this.halfMask = (1L << halfBits) - 1;
  }

  /** The order of one epoch of a data set, the same for everybody who knows the seed. */
  public static Permutation ofEpoch(long samples, long seed, long epoch) {
    return new Permutation(samples, mix(seed, epoch));
  }

  public long at(long position) {
    long value = position;
    do {
      value = encrypt(value);
    } while (value >= size);
    return value;
  }

  private long encrypt(long value) {
    long left = value >>> halfBits;
    long right = value & halfMask;
    for (int round = 0; round < ROUNDS; round++) {
      long next = left ^ (mix(key + round * 0x9E3779B97F4A7C15L, right) & halfMask);
      left = right;
      right = next;
    }
    return left << halfBits | right;
  }

  /** SplitMix64's finalizer over a key and a value. */
  static long mix(long key, long value) {
    long z = key ^ (value + 1) * 0xD1B54A32D192ED03L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
