package dev.muster.collectives;

/**
 * Of an operation that only moves data, which bytes go where: {@code taker} copies {@code bytes} of
 * {@code giver}'s input, from {@code from}, to {@code to} of its own output. Pure; bytes
 * throughout.
 */
public interface Movement {
  long bytes(int giver, int taker);

  long from(int giver, int taker);

  long to(int giver, int taker);

  /** Whether all takers want the same of a giver: what is put somewhere once serves all. */
  default boolean sameForAll() {
    return false;
  }

  /** Of the largest input of any rank; the same on every rank. */
  long largestInput();

  /**
   * @param operation that moves data only, and whose sizes are the same on every rank
   */
  static Movement of(Operation operation, int worldSize) {
    return switch (operation) {
      case Operation.AllGather o -> allGather(bytes(o.input()), worldSize);
      case Operation.Gather o -> gather(bytes(o.input()), worldSize, o.root());
      case Operation.Broadcast o -> broadcast(bytes(o.buffer()), worldSize, o.root());
      case Operation.Scatter o -> scatter(bytes(o.output()), worldSize, o.root());
      case Operation.AllToAll o -> allToAll(bytes(o.input()), worldSize);
      default -> throw new IllegalArgumentException("does not only move data: " + operation);
    };
  }

  private static long bytes(Buffer buffer) {
    return buffer.memory().byteSize();
  }

  /** Every rank gives the same to all, and the outputs hold one after the other. */
  static Movement allGather(long inputBytes, int worldSize) {
    return new ToAll(inputBytes, worldSize, -1, -1);
  }

  static Movement gather(long inputBytes, int worldSize, int root) {
    return new ToAll(inputBytes, worldSize, -1, root);
  }

  static Movement broadcast(long bytes, int worldSize, int root) {
    return new ToAll(bytes, worldSize, root, -1);
  }

  static Movement scatter(long outputBytes, int worldSize, int root) {
    return new InParts(outputBytes, worldSize, root);
  }

  static Movement allToAll(long inputBytes, int worldSize) {
    return new InParts(inputBytes / worldSize, worldSize, -1);
  }

  /**
   * @param bytes by giver and taker
   */
  static Movement uneven(long[][] bytes) {
    return new Uneven(bytes);
  }

  /**
   * @param giver -1 for all
   * @param taker -1 for all
   */
  record ToAll(long inputBytes, int worldSize, int giver, int taker) implements Movement {
    @Override
    public long bytes(int giver, int taker) {
      boolean gives = this.giver < 0 || this.giver == giver && giver != taker;
      boolean takes = this.taker < 0 || this.taker == taker;
      return gives && takes ? inputBytes : 0;
    }

    @Override
    public long from(int giver, int taker) {
      return 0;
    }

    @Override
    public long to(int giver, int taker) {
      return this.giver < 0 ? giver * inputBytes : 0;
    }

    @Override
    public boolean sameForAll() {
      return true;
    }

    @Override
    public long largestInput() {
      return inputBytes;
    }
  }

  /**
   * @param giver -1 for all
   */
  record InParts(long partBytes, int worldSize, int giver) implements Movement {
    @Override
    public long bytes(int giver, int taker) {
      return this.giver < 0 || this.giver == giver ? partBytes : 0;
    }

    @Override
    public long from(int giver, int taker) {
      return taker * partBytes;
    }

    @Override
    public long to(int giver, int taker) {
      return this.giver < 0 ? giver * partBytes : 0;
    }

    @Override
    public long largestInput() {
      return partBytes * worldSize;
    }
  }

  /** Parts lie one after the other in rank order, in every input and output. */
  final class Uneven implements Movement {
    private final long[][] bytes;
    private final long[][] from;
    private final long[][] to; // by taker and giver
    private final long largestInput;

    private Uneven(long[][] bytes) {
      int worldSize = bytes.length;
      this.bytes = bytes;
      this.from = new long[worldSize][worldSize];
      this.to = new long[worldSize][worldSize];
      long largest = 0;
      for (int giver = 0; giver < worldSize; giver++) {
        long at = 0;
        for (int taker = 0; taker < worldSize; taker++) {
          from[giver][taker] = at;
          at += bytes[giver][taker];
          to[taker][giver] = giver == 0 ? 0 : to[taker][giver - 1] + bytes[giver - 1][taker];
        }
        largest = Math.max(largest, at);
      }
      this.largestInput = largest;
    }

    @Override
    public long bytes(int giver, int taker) {
      return bytes[giver][taker];
    }

    @Override
    public long from(int giver, int taker) {
      return from[giver][taker];
    }

    @Override
    public long to(int giver, int taker) {
      return to[taker][giver];
    }

    @Override
    public long largestInput() {
      return largestInput;
    }
  }
}
