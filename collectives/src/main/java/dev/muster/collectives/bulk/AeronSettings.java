package dev.muster.collectives.bulk;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What the media driver of a process takes. A connection takes three terms at each end of each
 * direction it is used in.
 *
 * @param directory where the driver makes a folder of its own, normally memory such as /dev/shm
 * @param fallback used when {@code directory} has not the room, for example a folder on a disk;
 *     empty: then it is an error
 * @param termBytes a power of two, 64 KiB to 1 GiB; too small stalls fast links, too large leaves
 *     the processor's cache
 * @param windowBytes how far a sender may be ahead of its receiver, at most half a term; cut to
 *     what the kernel allows a socket to buffer. Too small stalls long links, too large loses
 *     packets
 * @param mtuBytes of a packet with its header, a multiple of 32; 0: what fits into a packet of the
 *     interface
 * @param threads of the driver
 */
public record AeronSettings(
    Path directory,
    Optional<Path> fallback,
    int termBytes,
    int windowBytes,
    int mtuBytes,
    Threads threads) {
  /** How many threads the driver runs; all of them back off to sleeping when there is no work. */
  public enum Threads {
    /** One for everything: for hosts with few cores. */
    SHARED,
    /** One to send, one to receive, one for the rest. */
    DEDICATED
  }

  public AeronSettings {
    require(Integer.bitCount(termBytes) == 1 && termBytes >= 64 << 10, "termBytes", termBytes);
    require(windowBytes >= 64 << 10 && windowBytes <= termBytes / 2, "windowBytes", windowBytes);
    require(mtuBytes >= 0 && mtuBytes % 32 == 0 && mtuBytes <= 65504, "mtuBytes", mtuBytes);
  }

  public static AeronSettings in(Path directory) {
    return new AeronSettings(directory, Optional.empty(), 8 << 20, 2 << 20, 0, Threads.SHARED);
  }

  public AeronSettings orIn(Path other) {
    return new AeronSettings(
        directory, Optional.of(other), termBytes, windowBytes, mtuBytes, threads);
  }

  public AeronSettings withMtuBytes(int bytes) {
    return new AeronSettings(directory, fallback, termBytes, windowBytes, bytes, threads);
  }

  private static void require(boolean holds, String name, int actual) {
    if (!holds) {
      throw new IllegalArgumentException("out of range: " + name + "=" + actual);
    }
  }
}
