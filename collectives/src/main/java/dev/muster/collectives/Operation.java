package dev.muster.collectives;

/**
 * What a rank asks of its group. Every rank of the group asks for the same ones in the same order,
 * with the same sizes and types; {@link Send} and {@link Receive} concern two ranks only.
 *
 * <p>Buffers overlap only where an operation says that it works in place.
 */
public sealed interface Operation {

  /**
   * Before a rank arrives.
   *
   * @throws IllegalArgumentException the buffers do not fit
   */
  void check(int rank, int worldSize);

  /** What all ranks must have in common, and are told when they have not. */
  Call call();

  /** Memory that this rank gives, null for none. */
  default Buffer input() {
    return null;
  }

  /** Memory that this rank gets, null for none. */
  default Buffer output() {
    return null;
  }

  /**
   * Every rank ends with op over all inputs.
   *
   * @param output as large as the input; the input itself for in place
   */
  record AllReduce(Buffer input, Buffer output, ReduceOp op) implements Operation {
    @Override
    public void check(int rank, int worldSize) {
      Arguments.size(output, input.elements(), "output");
      Arguments.inPlaceOrApart(input, output, input, output);
    }

    @Override
    public Call call() {
      return new Call(Call.Kind.ALL_REDUCE, input.dtype(), op, input.elements(), 0);
    }
  }

  /**
   * The root ends with op over all inputs.
   *
   * @param output of the root, or its input for in place; others may pass null
   */
  record Reduce(Buffer input, Buffer output, ReduceOp op, int root) implements Operation {
    @Override
    public void check(int rank, int worldSize) {
      Arguments.root(root, worldSize);
      if (rank == root) {
        Arguments.size(Arguments.needed(output, "output"), input.elements(), "output");
        Arguments.inPlaceOrApart(input, output, input, output);
      }
    }

    @Override
    public Call call() {
      return new Call(Call.Kind.REDUCE, input.dtype(), op, input.elements(), root);
    }
  }

  /**
   * Rank r ends with slice r of op over all inputs; slices are those of {@link Slices#of} over the
   * input's elements.
   *
   * @param output exactly this rank's slice; in place, that slice of the input
   */
  record ReduceScatter(Buffer input, Buffer output, ReduceOp op) implements Operation {
    @Override
    public void check(int rank, int worldSize) {
      var own = Slices.of(input.elements(), rank, worldSize);
      Arguments.size(output, own.count(), "output, this rank's slice,");
      Arguments.inPlaceOrApart(input, output, output, input.slice(own.from(), own.to()));
    }

    @Override
    public Call call() {
      return new Call(Call.Kind.REDUCE_SCATTER, input.dtype(), op, input.elements(), 0);
    }
  }

  /**
   * Every rank ends with all inputs in rank order.
   *
   * @param output worldSize times the input; in place, the input is this rank's part of it
   */
  record AllGather(Buffer input, Buffer output) implements Operation {
    @Override
    public void check(int rank, int worldSize) {
      Arguments.size(output, worldSize * input.elements(), "output");
      Arguments.inPlaceOrApart(input, output, input, Arguments.part(output, rank, worldSize));
    }

    @Override
    public Call call() {
      return new Call(Call.Kind.ALL_GATHER, input.dtype(), null, input.elements(), 0);
    }
  }

  /**
   * The root ends with all inputs in rank order.
   *
   * @param output of the root, worldSize times the input; others may pass null
   */
  record Gather(Buffer input, Buffer output, int root) implements Operation {
    @Override
    public void check(int rank, int worldSize) {
      Arguments.root(root, worldSize);
      if (rank == root) {
        Arguments.size(Arguments.needed(output, "output"), worldSize * input.elements(), "output");
        Arguments.inPlaceOrApart(input, output, input, Arguments.part(output, rank, worldSize));
      }
    }

    @Override
    public Call call() {
      return new Call(Call.Kind.GATHER, input.dtype(), null, input.elements(), root);
    }
  }

  /** Every rank ends with the root's buffer. */
  record Broadcast(Buffer buffer, int root) implements Operation {
    @Override
    public void check(int rank, int worldSize) {
      Arguments.root(root, worldSize);
    }

    @Override
    public Call call() {
      return new Call(Call.Kind.BROADCAST, buffer.dtype(), null, buffer.elements(), root);
    }

    @Override
    public Buffer input() {
      return buffer;
    }

    @Override
    public Buffer output() {
      return buffer;
    }
  }

  /**
   * Rank r ends with part r of the root's input.
   *
   * @param input of the root, worldSize times the output; others may pass null
   */
  record Scatter(Buffer input, Buffer output, int root) implements Operation {
    @Override
    public void check(int rank, int worldSize) {
      Arguments.root(root, worldSize);
      if (rank == root) {
        Arguments.size(Arguments.needed(input, "input"), worldSize * output.elements(), "input");
        Arguments.sameType(input, output);
        Arguments.inPlaceOrApart(input, output, output, Arguments.part(input, rank, worldSize));
      }
    }

    @Override
    public Call call() {
      return new Call(Call.Kind.SCATTER, output.dtype(), null, output.elements(), root);
    }
  }

  /**
   * Rank r ends with part r of every input, in rank order; parts are of equal size.
   *
   * @param input a multiple of worldSize elements
   * @param output as large, apart from the input
   */
  record AllToAll(Buffer input, Buffer output) implements Operation {
    @Override
    public void check(int rank, int worldSize) {
      if (input.elements() % worldSize != 0) {
        throw new IllegalArgumentException(
            "input is no multiple of the world: elements="
                + input.elements()
                + " worldSize="
                + worldSize
                + "; give the counts of an uneven one");
      }
      Arguments.size(output, input.elements(), "output");
      Arguments.apart(input, output);
    }

    @Override
    public Call call() {
      return new Call(Call.Kind.ALL_TO_ALL, input.dtype(), null, input.elements(), 0);
    }
  }

  /**
   * As {@link AllToAll} with parts of any size, as tokens go to experts: {@code inputCounts[r]}
   * elements go to rank r, {@code outputCounts[r]} come from it. What one rank sends, the other
   * must expect.
   */
  record AllToAllUneven(Buffer input, long[] inputCounts, Buffer output, long[] outputCounts)
      implements Operation {
    @Override
    public void check(int rank, int worldSize) {
      Arguments.counts(inputCounts, input, worldSize, "input");
      Arguments.counts(outputCounts, output, worldSize, "output");
      Arguments.apart(input, output);
    }

    @Override
    public Call call() {
      return new Call(Call.Kind.ALL_TO_ALL_UNEVEN, input.dtype(), null, 0, 0);
    }

    /**
     * @throws CollectiveMismatchException another rank sends more or less than this one expects
     */
    public void requireExpected(int giver, long sent, int rank) {
      if (sent != outputCounts[giver]) {
        throw new CollectiveMismatchException(
            "rank %d sends %d elements to rank %d, which expects %d"
                .formatted(giver, sent, rank, outputCounts[giver]));
      }
    }
  }

  /** To a rank that receives as much; may wait until that does. */
  record Send(Buffer buffer, int to) implements Operation {
    @Override
    public void check(int rank, int worldSize) {
      Arguments.peer(to, rank, worldSize);
    }

    @Override
    public Call call() {
      return new Call(Call.Kind.SEND, buffer.dtype(), null, buffer.elements(), to);
    }

    @Override
    public Buffer input() {
      return buffer;
    }
  }

  /** From a rank that sends as much. */
  record Receive(Buffer buffer, int from) implements Operation {
    @Override
    public void check(int rank, int worldSize) {
      Arguments.peer(from, rank, worldSize);
    }

    @Override
    public Call call() {
      return new Call(Call.Kind.RECEIVE, buffer.dtype(), null, buffer.elements(), from);
    }

    @Override
    public Buffer output() {
      return buffer;
    }
  }

  /** Both at once, so that two ranks which do this to each other do not wait for ever. */
  record SendReceive(Buffer input, int to, Buffer output, int from) implements Operation {
    @Override
    public void check(int rank, int worldSize) {
      Arguments.peer(to, rank, worldSize);
      Arguments.peer(from, rank, worldSize);
      Arguments.apart(input, output);
    }

    @Override
    public Call call() {
      return new Call(Call.Kind.SEND, input.dtype(), null, input.elements(), to);
    }
  }

  /** Returns when every rank has called it. */
  record Barrier() implements Operation {
    @Override
    public void check(int rank, int worldSize) {}

    @Override
    public Call call() {
      return new Call(Call.Kind.BARRIER, null, null, 0, 0);
    }
  }
}
