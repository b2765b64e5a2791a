package dev.muster.collectives;

/**
 * What one rank asks of its group: published before the group meets, and compared when it has met.
 *
 * @param dtype null for calls without data
 * @param op null for calls that reduce nothing
 * @param elements of the input of one rank
 * @param argument root of a broadcast, step of an agreement, else 0
 */
record Call(Kind kind, DType dtype, ReduceOp op, long elements, long argument) {
  enum Kind {
    ALL_REDUCE("allReduce"),
    REDUCE_SCATTER("reduceScatter"),
    ALL_GATHER("allGather"),
    BROADCAST("broadcast"),
    BARRIER("barrier"),
    AGREE("agree");

    private final String verb;

    Kind(String verb) {
      this.verb = verb;
    }
  }

  private static final DType[] DTYPES = DType.values();
  private static final ReduceOp[] OPS = ReduceOp.values();
  private static final Kind[] KINDS = Kind.values();

  static Call allReduce(Buffer buffer, ReduceOp op) {
    return new Call(Kind.ALL_REDUCE, buffer.dtype(), op, buffer.elements(), 0);
  }

  static Call reduceScatter(Buffer input, ReduceOp op) {
    return new Call(Kind.REDUCE_SCATTER, input.dtype(), op, input.elements(), 0);
  }

  static Call allGather(Buffer input) {
    return new Call(Kind.ALL_GATHER, input.dtype(), null, input.elements(), 0);
  }

  static Call broadcast(Buffer buffer, int root) {
    return new Call(Kind.BROADCAST, buffer.dtype(), null, buffer.elements(), root);
  }

  static Call barrier() {
    return new Call(Kind.BARRIER, null, null, 0, 0);
  }

  static Call agree(long step) {
    return new Call(Kind.AGREE, null, null, 0, step);
  }

  /** Kind, type and operation in one word: bits 0-7, 8-15, 16-23; 0 in the last two means none. */
  long packed() {
    long type = dtype == null ? 0 : dtype.ordinal() + 1;
    long operation = op == null ? 0 : op.ordinal() + 1;
    return kind.ordinal() | type << 8 | operation << 16;
  }

  static Call unpack(long packed, long elements, long argument) {
    int type = (int) (packed >>> 8 & 0xff);
    int operation = (int) (packed >>> 16 & 0xff);
    return new Call(
        KINDS[(int) (packed & 0xff)],
        type == 0 ? null : DTYPES[type - 1],
        operation == 0 ? null : OPS[operation - 1],
        elements,
        argument);
  }

  /** The error every rank reports when rank 0 and {@code rank} differ. */
  static CollectiveMismatchException mismatch(
      Groups.Spec spec, long number, Call first, int rank, Call other) {
    return new CollectiveMismatchException(
        "collectives differ between ranks: group="
            + spec.group()
            + " generation="
            + spec.generation()
            + " call="
            + number
            + " rank 0: "
            + first
            + "; rank "
            + rank
            + ": "
            + other
            + "; every rank must call the same collectives with the same sizes and types in the"
            + " same order");
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(kind.verb);
    if (op != null) {
      text.append(" op=").append(op);
    }
    if (dtype != null) {
      text.append(" dtype=").append(dtype).append(" elements=").append(elements);
    }
    return switch (kind) {
      case BROADCAST -> text.append(" root=").append(argument).toString();
      case AGREE -> text.append(" step=").append(argument).toString();
      default -> text.toString();
    };
  }
}
