package dev.muster.simulator.account;

import java.math.BigInteger;

/**
 * A sum of GPU-nanoseconds, exact: 128 bits, since 100,000 GPUs fill 63 bits within two days. Not
 * thread-safe.
 */
final class GpuTime {
  private static final BigInteger TWO_64 = BigInteger.ONE.shiftLeft(64);

  private long high;
  private long low; // unsigned

  void add(long gpus, long ns) {
    long product = gpus * ns;
    long sum = low + product;
    high += Math.multiplyHigh(gpus, ns);
    high += Long.compareUnsigned(sum, low) < 0 ? 1 : 0; // the carry
    low = sum;
  }

  void subtract(long gpus, long ns) {
    add(-gpus, ns);
  }

  BigInteger value() {
    var unsigned = BigInteger.valueOf(low);
    return BigInteger.valueOf(high).multiply(TWO_64).add(low < 0 ? unsigned.add(TWO_64) : unsigned);
  }
}
