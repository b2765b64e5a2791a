package dev.muster.worker.store;

import java.util.List;

/**
 * What a client asks. Bytes of keys are kept as Latin-1 characters, one each.
 *
 * @param number what to add, the magic number, a nonce, or a world size; 0 for all others
 */
record Query(Kind kind, List<String> keys, List<byte[]> values, long number) {

  /** In the wire's order; integers are little-endian, keys and values have 64-bit lengths. */
  enum Field {
    KEY,
    VALUE,
    INT32,
    INT64,
    /** A 64-bit count, then so many keys. */
    KEYS,
    /** A 64-bit count, then so many keys with a value each. */
    PAIRS
  }

  /** What may be asked, in any version of PyTorch. */
  enum Kind {
    /** Opens a connection since PyTorch 2.1; not answered. */
    VALIDATE(Field.INT32),
    SET(Field.KEY, Field.VALUE),
    /** The value that is there afterwards. */
    COMPARE_SET(Field.KEY, Field.VALUE, Field.VALUE),
    GET(Field.KEY),
    /** To a decimal number, 0 where there is none; answers the sum. */
    ADD(Field.KEY, Field.INT64),
    CHECK(Field.KEYS),
    /** Answered once all are there. */
    WAIT(Field.KEYS),
    NUM_KEYS,
    /** Until PyTorch 2.0: every change of the key is told. */
    WATCH_KEY(Field.KEY),
    DELETE_KEY(Field.KEY),
    APPEND(Field.KEY, Field.VALUE),
    MULTI_GET(Field.KEYS),
    MULTI_SET(Field.PAIRS),
    CANCEL_WAIT,
    /** Answers the nonce, which is the client's process id. */
    PING(Field.INT32),
    QUEUE_PUSH(Field.KEY, Field.VALUE),
    /** How many there were, and the oldest, if any. */
    QUEUE_POP(Field.KEY),
    QUEUE_LEN(Field.KEY),
    LIST_KEYS,
    /** Answered once so many have come. */
    BARRIER(Field.KEY, Field.INT64);

    private final List<Field> fields;

    Kind(Field... fields) {
      this.fields = List.of(fields);
    }

    List<Field> fields() {
      return fields;
    }
  }

  String key() {
    return keys.getFirst();
  }

  byte[] value() {
    return values.getFirst();
  }
}
