package dev.muster.collectives;

/**
 * Checks of what a caller passes to a collective; all throw {@link IllegalArgumentException} before
 * a rank arrives.
 */
final class Arguments {
  private Arguments() {}

  static void stream(Stream stream) {
    if (stream.handle() != 0) {
      throw new IllegalArgumentException(
          "this communicator runs on the CPU: stream=" + stream.handle() + "; pass Stream.NONE");
    }
  }

  static void root(int root, int worldSize) {
    if (root < 0 || root >= worldSize) {
      throw new IllegalArgumentException(
          "root is no rank: root=" + root + " worldSize=" + worldSize);
    }
  }

  static void reduceScatter(Buffer input, Buffer output, int rank, int worldSize) {
    sameType(input, output);
    Slices own = Slices.of(input.elements(), rank, worldSize);
    if (output.elements() != own.count()) {
      throw new IllegalArgumentException(
          "output must hold exactly this rank's slice: rank="
              + rank
              + " expectedElements="
              + own.count()
              + " elements="
              + output.elements());
    }
    disjoint(input, output, output, input.slice(own.from(), own.to()));
  }

  static void allGather(Buffer input, Buffer output, int rank, int worldSize) {
    sameType(input, output);
    if (output.elements() != input.elements() * worldSize) {
      throw new IllegalArgumentException(
          "output must hold the inputs of all ranks: worldSize="
              + worldSize
              + " expectedElements="
              + input.elements() * worldSize
              + " elements="
              + output.elements());
    }
    long from = rank * input.elements();
    disjoint(input, output, input, output.slice(from, from + input.elements()));
  }

  static void step(long step, long committedStep) {
    if (step <= committedStep) {
      throw new IllegalArgumentException(
          "steps must grow: step=" + step + " committedStep=" + committedStep);
    }
  }

  static Groups.Spec spec(Groups.Spec spec, int rank, int maxWorldSize) {
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

  private static void sameType(Buffer input, Buffer output) {
    if (input.dtype() != output.dtype()) {
      throw new IllegalArgumentException(
          "input and output differ in type: input=" + input.dtype() + " output=" + output.dtype());
    }
  }

  /**
   * Input and output may share memory only where {@code inner} is exactly this rank's part of the
   * outer one.
   */
  private static void disjoint(Buffer input, Buffer output, Buffer inner, Buffer ownPart) {
    boolean inPlace = inner.memory().address() == ownPart.memory().address();
    if (!inPlace && input.memory().asOverlappingSlice(output.memory()).isPresent()) {
      throw new IllegalArgumentException(
          "input and output overlap: elements="
              + input.elements()
              + " outputElements="
              + output.elements()
              + "; in place, the smaller one must be exactly this rank's slice of the larger one");
    }
  }
}
