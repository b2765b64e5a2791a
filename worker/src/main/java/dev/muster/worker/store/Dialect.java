package dev.muster.worker.store;

import static dev.muster.worker.store.Query.Kind.ADD;
import static dev.muster.worker.store.Query.Kind.APPEND;
import static dev.muster.worker.store.Query.Kind.BARRIER;
import static dev.muster.worker.store.Query.Kind.CANCEL_WAIT;
import static dev.muster.worker.store.Query.Kind.CHECK;
import static dev.muster.worker.store.Query.Kind.COMPARE_SET;
import static dev.muster.worker.store.Query.Kind.DELETE_KEY;
import static dev.muster.worker.store.Query.Kind.GET;
import static dev.muster.worker.store.Query.Kind.LIST_KEYS;
import static dev.muster.worker.store.Query.Kind.MULTI_GET;
import static dev.muster.worker.store.Query.Kind.MULTI_SET;
import static dev.muster.worker.store.Query.Kind.NUM_KEYS;
import static dev.muster.worker.store.Query.Kind.PING;
import static dev.muster.worker.store.Query.Kind.QUEUE_LEN;
import static dev.muster.worker.store.Query.Kind.QUEUE_POP;
import static dev.muster.worker.store.Query.Kind.QUEUE_PUSH;
import static dev.muster.worker.store.Query.Kind.SET;
import static dev.muster.worker.store.Query.Kind.VALIDATE;
import static dev.muster.worker.store.Query.Kind.WAIT;
import static dev.muster.worker.store.Query.Kind.WATCH_KEY;

import dev.muster.worker.store.Query.Kind;
import java.util.List;
import java.util.Optional;

/** How a version of PyTorch numbers its queries: the first byte of each. */
enum Dialect {
  /** Until 2.0; the protocol has no opening. The last four came during 2.0's development. */
  UNVALIDATED(
      List.of(
          SET,
          COMPARE_SET,
          GET,
          ADD,
          CHECK,
          WAIT,
          NUM_KEYS,
          WATCH_KEY,
          DELETE_KEY,
          APPEND,
          MULTI_GET,
          MULTI_SET,
          CANCEL_WAIT)),

  /** Since 2.1: the first query of a connection validates it. */
  VALIDATED(
      List.of(
          VALIDATE,
          SET,
          COMPARE_SET,
          GET,
          ADD,
          CHECK,
          WAIT,
          NUM_KEYS,
          DELETE_KEY,
          APPEND,
          MULTI_GET,
          MULTI_SET,
          CANCEL_WAIT,
          PING,
          QUEUE_PUSH,
          QUEUE_POP,
          QUEUE_LEN,
          LIST_KEYS,
          BARRIER));

  /** What a validating query carries. As a length it would be far above any limit of keys. */
  static final int MAGIC = 0x3C85F7CE;

  private final List<Kind> kinds;

  Dialect(List<Kind> kinds) {
    this.kinds = kinds;
  }

  /** Empty: PyTorch has no such query, or did not when this was written. */
  Optional<Kind> kind(int number) {
    return number < kinds.size() ? Optional.of(kinds.get(number)) : Optional.empty();
  }
}
