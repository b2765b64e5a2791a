package dev.muster.worker.store;

import dev.muster.worker.store.Query.Field;
import dev.muster.worker.store.Query.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Bytes of one connection to queries. The stream has no frames: after a query that is not
 * understood nothing more of it can be. Holds what has come of one query and one read; nothing is
 * allocated on the word of a length that has not been checked. One thread.
 */
final class QueryReader {
  private static final int MAGIC_AT = 1;
  private static final int OPENING_BYTES = MAGIC_AT + Integer.BYTES;
  private static final int RETAINED_BYTES = 1 << 10;

  private final Limits limits;
  private Dialect dialect; // null before the first bytes
  private ByteBuffer unread = empty(0);

  private Kind kind; // null between queries
  private final Deque<Field> fields = new ArrayDeque<>();
  private List<String> keys = List.of();
  private List<byte[]> values = List.of();
  private long number;
  private long open; // keys still to come of a counted list
  private boolean paired; // with a value each
  private long length = -1; // of the key or value that comes next, -1: not read yet
  private long heldBytes;

  QueryReader(Limits limits) {
    this.limits = limits;
  }

  private static ByteBuffer empty(int capacity) {
    return ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN).limit(0);
  }

  /** Takes all of {@code more}. */
  void add(ByteBuffer more) {
    int needed = unread.remaining() + more.remaining();
    if (needed > unread.capacity()) {
      int room = Math.max(needed, Math.min(2 * unread.capacity(), limits.valueBytes()));
      unread = empty(room).clear().put(unread);
    } else {
      unread.compact();
    }
    unread.put(more).flip();
  }

  /** Bytes that this keeps in memory. */
  long heldBytes() {
    return unread.capacity() + heldBytes;
  }

  /**
   * The next query, once all of it is here.
   *
   * @throws BadQueryException an unknown query or one beyond the limits; read no more
   */
  Optional<Query> next() throws BadQueryException {
    if (dialect == null && !opened()) {
      return Optional.empty();
    }
    if (kind == null && !begun()) {
      shrink();
      return Optional.empty();
    }
    while (!fields.isEmpty() || open > 0) {
      if (!advance()) {
        return Optional.empty();
      }
    }
    return Optional.of(complete());
  }

  /** A first byte of 0 sets a key in one dialect and validates in the other: four more tell. */
  private boolean opened() {
    if (!unread.hasRemaining()) {
      return false;
    }
    int at = unread.position();
    if (unread.get(at) != 0) {
      dialect = Dialect.UNVALIDATED;
    } else if (unread.remaining() >= OPENING_BYTES) {
      boolean magic = unread.getInt(at + MAGIC_AT) == Dialect.MAGIC;
      dialect = magic ? Dialect.VALIDATED : Dialect.UNVALIDATED;
    }
    return dialect != null;
  }

  private boolean begun() throws BadQueryException {
    if (!unread.hasRemaining()) {
      return false;
    }
    int type = Byte.toUnsignedInt(unread.get());
    kind =
        dialect
            .kind(type)
            .orElseThrow(() ->
                new BadQueryException("unknown query: number=" + type + " dialect=" + dialect));
    fields.addAll(kind.fields());
    keys = new ArrayList<>();
    values = new ArrayList<>();
    return true;
  }

  private Query complete() {
    var query = new Query(kind, keys, values, number);
    kind = null;
    number = 0;
    heldBytes = 0;
    return query;
  }

  /** Reads one field or one element of a list; false: not all of it is here. */
  private boolean advance() throws BadQueryException {
    if (open > 0) {
      return element();
    }
    return switch (fields.getFirst()) {
      case KEY -> key() && done();
      case VALUE -> value() && done();
      case INT32 -> integer(Integer.BYTES) && done();
      case INT64 -> integer(Long.BYTES) && done();
      case KEYS -> count(false) && done();
      case PAIRS -> count(true) && done();
    };
  }

  private boolean done() {
    fields.removeFirst();
    return true;
  }

  private boolean element() throws BadQueryException {
    if (!paired || keys.size() == values.size()) {
      if (!key()) {
        return false;
      }
    } else if (!value()) {
      return false;
    }
    if (!paired || keys.size() == values.size()) {
      open--;
    }
    return true;
  }

  private boolean integer(int bytes) {
    if (unread.remaining() < bytes) {
      return false;
    }
    number = bytes == Integer.BYTES ? unread.getInt() : unread.getLong();
    return true;
  }

  private boolean count(boolean pairs) throws BadQueryException {
    if (unread.remaining() < Long.BYTES) {
      return false;
    }
    open = checked("keys of a query", unread.getLong(), limits.keys());
    paired = pairs;
    return true;
  }

  private boolean key() throws BadQueryException {
    if (!sized("bytes of a key", limits.keyBytes())) {
      return false;
    }
    keys.add(new String(taken(), StandardCharsets.ISO_8859_1));
    return true;
  }

  private boolean value() throws BadQueryException {
    if (!sized("bytes of a value", limits.valueBytes())) {
      return false;
    }
    values.add(taken());
    return true;
  }

  private boolean sized(String what, int most) throws BadQueryException {
    if (length < 0) {
      if (unread.remaining() < Long.BYTES) {
        return false;
      }
      length = checked(what, unread.getLong(), most);
    }
    return unread.remaining() >= length;
  }

  private byte[] taken() {
    byte[] bytes = new byte[(int) length];
    unread.get(bytes);
    heldBytes += Memory.OVERHEAD_BYTES + length;
    length = -1;
    return bytes;
  }

  private long checked(String what, long actual, long most) throws BadQueryException {
    if (actual < 0 || actual > most) {
      throw new BadQueryException(
          "query beyond the limits: kind=%s %s: expected<=%d actual=%s"
              .formatted(kind, what, most, Long.toUnsignedString(actual)));
    }
    return actual;
  }

  /** Gives room back that one large value took. */
  private void shrink() {
    if (unread.capacity() > RETAINED_BYTES) {
      unread = empty(0);
    }
  }

  /** For messages: printable, and not too long. */
  static String printable(String key) {
    byte[] bytes = key.getBytes(StandardCharsets.ISO_8859_1);
    var text =
        new String(Arrays.copyOf(bytes, Math.min(bytes.length, 120)), StandardCharsets.UTF_8);
    return text.replaceAll("\\p{Cntrl}", "?") + (bytes.length > 120 ? "..." : "");
  }
}
