package dev.muster.collectives;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * What one rank asks of its group: published before the group meets, and compared when it has met.
 *
 * @param dtype null for calls without data
 * @param op null for calls that reduce nothing
 * @param elements of the input of one rank
 * @param argument root or other rank where there is one, step of an agreement, else 0
 */
public record Call(Kind kind, DType dtype, ReduceOp op, long elements, long argument) {
  /** Its ordinal goes into memory that processes of one build share. */
  public enum Kind {
    ALL_REDUCE("allReduce"),
    REDUCE("reduce"),
    REDUCE_SCATTER("reduceScatter"),
    ALL_GATHER("allGather"),
    GATHER("gather"),
    BROADCAST("broadcast"),
    SCATTER("scatter"),
    ALL_TO_ALL("allToAll"),
    ALL_TO_ALL_UNEVEN("uneven allToAll"),
    SEND("send"),
    RECEIVE("receive"),
    BARRIER("barrier"),
    AGREE("agree");

    private final String verb;

    Kind(String verb) {
      this.verb = verb;
    }

    public String verb() {
      return verb;
    }
  }

  private static final DType[] DTYPES = DType.values();
  private static final ReduceOp[] OPS = ReduceOp.values();
  private static final Kind[] KINDS = Kind.values();

  public static Call agree(long step) {
    return new Call(Kind.AGREE, null, null, 0, step);
  }

  /** Kind, type and operation in one word: bits 0-7, 8-15, 16-23; 0 in the last two means none. */
  public long packed() {
    long type = dtype == null ? 0 : dtype.ordinal() + 1;
    long operation = op == null ? 0 : op.ordinal() + 1;
    return kind.ordinal() | type << 8 | operation << 16;
  }

  public static Call unpack(long packed, long elements, long argument) {
    int type = (int) (packed >>> 8 & 0xff);
    int operation = (int) (packed >>> 16 & 0xff);
    return new Call(
        KINDS[(int) (packed & 0xff)],
        type == 0 ? null : DTYPES[type - 1],
        operation == 0 ? null : OPS[operation - 1],
        elements,
        argument);
  }

  /**
   * The error every rank reports when their calls differ; the same on all.
   *
   * @param calls by rank
   */
  public static CollectiveMismatchException mismatch(
      Groups.Spec spec, long number, List<Call> calls) {
    var sides = new LinkedHashMap<Call, List<Integer>>();
    for (int rank = 0; rank < calls.size(); rank++) {
      sides.computeIfAbsent(calls.get(rank), c -> new ArrayList<>()).add(rank);
    }
    var text = new ArrayList<String>();
    sides.forEach((call, ranks) -> text.add(RankList.of(ranks) + ": " + call));
    return new CollectiveMismatchException(
        "collectives differ between ranks: group="
            + spec.group()
            + " generation="
            + spec.generation()
            + " call="
            + number
            + " "
            + String.join("; ", text)
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
      case BROADCAST, SCATTER, GATHER, REDUCE -> text.append(" root=").append(argument).toString();
      case SEND -> text.append(" to=").append(argument).toString();
      case RECEIVE -> text.append(" from=").append(argument).toString();
      case AGREE -> text.append(" step=").append(argument).toString();
      default -> text.toString();
    };
  }
}
