package dev.muster.protocol.wire;

import com.sun.management.ThreadMXBean;
import dev.muster.protocol.frame.MalformedFrameException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Throws spoiled frames at every decoder that reads what a peer sent: Kryo, JSON, handshake,
 * framing. A decoder may take a frame or refuse it with {@link MalformedFrameException} or {@link
 * HandshakeException}; anything else thrown, and any decode that allocates more than {@link
 * #limitBytes}, is a finding. Frame {@code index} of a seed is the same in every run and
 * independent of the others: {@link #replay} repeats one alone.
 */
public final class FrameFuzz {
  /**
   * Allocation allowed for any frame: exceptions with their traces, buffers of a minimal decode.
   */
  public static final long ALLOCATION_BASE_BYTES = 64 << 10;

  /**
   * Allocation allowed per byte of a frame: one byte can be an element of a list, that is an object
   * and a reference.
   */
  public static final int ALLOCATION_PER_BYTE = 64;

  private static final int FINDINGS_KEPT = 20;
  private static final int ONE_IN_LARGE = 500;
  private static final int WARM_UP_FRAMES = 500;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final Map<FuzzTarget, List<byte[]>> valid = new EnumMap<>(FuzzTarget.class);
  private final Map<FuzzTarget, List<byte[]>> large = new EnumMap<>(FuzzTarget.class);
  private final long seed;

  /** Something a decoder must not do; {@code seed} and {@code index} replay it. */
  public record Finding(long seed, long index, String target, String text) {
    @Override
    public String toString() {
      return target + ": " + text + " (replay: seed=" + seed + " index=" + index + ")";
    }
  }

  /**
   * What became of the frames.
   *
   * @param decoded taken
   * @param refused refused as they should be
   * @param allocatedBytesMax most that any one decode allocated
   * @param findingCount how many findings there were; {@code findings} holds the first ones
   */
  public record Report(
      long seed,
      long frames,
      long decoded,
      long refused,
      long allocatedBytesMax,
      long findingCount,
      List<Finding> findings) {
    @Override
    public String toString() {
      var head =
          "seed=%d frames=%d decoded=%d refused=%d allocatedBytesMax=%d findings=%d"
              .formatted(seed, frames, decoded, refused, allocatedBytesMax, findingCount);
      return findings.stream().map(f -> "\n  " + f).reduce(head, String::concat);
    }
  }

  private FrameFuzz(long seed) {
    this.seed = seed;
    for (var target : FuzzTarget.values()) {
      valid.put(target, target.valid());
      large.put(target, target.large());
    }
  }

  /** Runs frames 0 to {@code frames} - 1 on the calling thread. */
  public static Report run(long seed, long frames) {
    return run(seed, frames, finding -> {});
  }

  /** Likewise, and tells each finding at once. */
  public static Report run(long seed, long frames, Consumer<Finding> live) {
    var fuzz = new FrameFuzz(seed);
    for (long index = 0; index < WARM_UP_FRAMES; index++) {
      fuzz.attempt(index); // loads classes, whose memory is not the decoder's
    }
    long decoded = 0;
    long count = 0;
    long allocatedMax = 0;
    var findings = new ArrayList<Finding>();
    for (long index = 0; index < frames; index++) {
      var outcome = fuzz.attempt(index);
      decoded += outcome.decoded ? 1 : 0;
      allocatedMax = Math.max(allocatedMax, outcome.allocatedBytes);
      if (outcome.finding != null) {
        count++;
        live.accept(outcome.finding);
        if (findings.size() < FINDINGS_KEPT) {
          findings.add(outcome.finding);
        }
      }
    }
    return new Report(
        seed,
        frames,
        decoded,
        frames - decoded - count,
        allocatedMax,
        count,
        List.copyOf(findings));
  }

  /** One frame of a run again. */
  public static Optional<Finding> replay(long seed, long index) {
    var fuzz = new FrameFuzz(seed);
    fuzz.attempt(index);
    return Optional.ofNullable(fuzz.attempt(index).finding);
  }

  /** Allocation allowed for a frame of this size. */
  static long limitBytes(int frameBytes) {
    return ALLOCATION_BASE_BYTES + (long) ALLOCATION_PER_BYTE * frameBytes;
  }

  private record Outcome(boolean decoded, long allocatedBytes, Finding finding) {}

  private Outcome attempt(long index) {
    var first = once(index);
    // a class loaded on the way counts once, a decoder that allocates too much counts twice
    return first.finding != null && first.allocatedBytes > 0 ? once(index) : first;
  }

  private Outcome once(long index) {
    var random = new SplittableRandom(mix(seed, index));
    var targets = FuzzTarget.values();
    var target = targets[random.nextInt(targets.length)];
    var seeds = random.nextInt(ONE_IN_LARGE) == 0 ? large.get(target) : valid.get(target);
    var frame = new Mutator(random).frame(seeds);
    long before = threads.getCurrentThreadAllocatedBytes();
    try {
      boolean decoded = taken(target, frame, random);
      long allocated = threads.getCurrentThreadAllocatedBytes() - before;
      if (allocated > limitBytes(frame.length)) {
        var text =
            "allocated too much: frameBytes=" + frame.length + " allocatedBytes=" + allocated;
        return new Outcome(false, allocated, new Finding(seed, index, target.name(), text));
      }
      if (decoded) {
        target.check(frame);
      }
      return new Outcome(decoded, allocated, null);
    } catch (Throwable e) {
      return new Outcome(false, 0, new Finding(seed, index, target.name(), "threw " + e));
    }
  }

  private static boolean taken(FuzzTarget target, byte[] frame, SplittableRandom random) {
    try {
      target.decode(frame, random);
      return true;
    } catch (MalformedFrameException | HandshakeException e) {
      return false;
    }
  }

  private static long mix(long seed, long index) {
    return new SplittableRandom(seed).nextLong() ^ index * 0x9E37_79B9_7F4A_7C15L;
  }
}
