package dev.muster.collectives;

import java.util.Arrays;

/**
 * Checks of what a caller passes to a collective; all throw {@link IllegalArgumentException} before
 * a rank arrives.
 */
public final class Arguments {
  private Arguments() {}

  public static void stream(Stream stream) {
    if (stream.handle() != 0) {
      throw new IllegalArgumentException(
          "this communicator runs on the CPU: stream="
              + stream.handle()
              + "; pass Stream.NONE or Stream.OWN");
    }
  }

  static void root(int root, int worldSize) {
    if (root < 0 || root >= worldSize) {
      throw new IllegalArgumentException(
          "root is no rank: root=" + root + " worldSize=" + worldSize);
    }
  }

  static void peer(int peer, int rank, int worldSize) {
    if (peer < 0 || peer >= worldSize || peer == rank) {
      throw new IllegalArgumentException(
          "no other rank: peer=" + peer + " rank=" + rank + " worldSize=" + worldSize);
    }
  }

  static Buffer needed(Buffer buffer, String name) {
    if (buffer == null) {
      throw new IllegalArgumentException("the root must give its " + name);
    }
    return buffer;
  }

  static void size(Buffer buffer, long elements, String name) {
    if (buffer.elements() != elements) {
      throw new IllegalArgumentException(
          name
              + " has another size: expectedElements="
              + elements
              + " elements="
              + buffer.elements());
    }
  }

  static Buffer part(Buffer whole, int rank, int worldSize) {
    long each = whole.elements() / worldSize;
    return whole.slice(rank * each, (rank + 1) * each);
  }

  static void counts(long[] counts, Buffer buffer, int worldSize, String name) {
    long sum = Arrays.stream(counts).sum();
    boolean negative = Arrays.stream(counts).anyMatch(count -> count < 0);
    if (counts.length != worldSize || negative || sum != buffer.elements()) {
      throw new IllegalArgumentException(
          "%s counts must be one per rank and add up to the buffer: worldSize=%d counts=%s elements=%d"
              .formatted(name, worldSize, Arrays.toString(counts), buffer.elements()));
    }
  }

  public static void step(long step, long committedStep) {
    if (step <= committedStep) {
      throw new IllegalArgumentException(
          "steps must grow: step=" + step + " committedStep=" + committedStep);
    }
  }

  public static Groups.Spec spec(Groups.Spec spec, int rank, int maxWorldSize) {
    if (spec.worldSize() < 1 || spec.worldSize() > maxWorldSize) {
      throw new IllegalArgumentException(
          "world size out of range: worldSize=" + spec.worldSize() + " max=" + maxWorldSize);
    }
    if (rank < 0 || rank >= spec.worldSize()) {
      throw new IllegalArgumentException(
          "rank out of range: rank=" + rank + " worldSize=" + spec.worldSize());
    }
    if (!spec.group().matches("[A-Za-z0-9._-]{1,64}")) {
      throw new IllegalArgumentException(
          "group name must be 1 to 64 letters, digits, dots, underscores or dashes: group="
              + spec.group());
    }
    if (spec.bytesPerRank() < 0 || spec.startStep() < 0 || spec.generation() < 0) {
      throw new IllegalArgumentException("negative size, step or generation: " + spec);
    }
    return spec;
  }

  static void sameType(Buffer input, Buffer output) {
    if (input.dtype() != output.dtype()) {
      throw new IllegalArgumentException(
          "input and output differ in type: input=" + input.dtype() + " output=" + output.dtype());
    }
  }

  static void apart(Buffer input, Buffer output) {
    sameType(input, output);
    if (input.memory().asOverlappingSlice(output.memory()).isPresent()) {
      throw overlap(input, output, "this one does not work in place");
    }
  }

  /**
   * Input and output may share memory only where {@code inner} is exactly this rank's part of the
   * outer one.
   */
  static void inPlaceOrApart(Buffer input, Buffer output, Buffer inner, Buffer ownPart) {
    sameType(input, output);
    boolean inPlace = inner.memory().address() == ownPart.memory().address();
    if (!inPlace && input.memory().asOverlappingSlice(output.memory()).isPresent()) {
      throw overlap(
          input,
          output,
          "in place, the smaller one must be exactly this rank's slice of the larger one");
    }
  }

  private static IllegalArgumentException overlap(Buffer input, Buffer output, String advice) {
    return new IllegalArgumentException(
        "input and output overlap: elements="
            + input.elements()
            + " outputElements="
            + output.elements()
            + "; "
            + advice);
  }
}
