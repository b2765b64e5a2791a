package dev.muster.master.quorum;

import dev.muster.protocol.WorkerId;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Function;

/** Reads a sequence that ascends by id, for ids asked in ascending order. */
final class Cursor<T> {
  private final Iterator<T> values;
  private final Function<T, WorkerId> id;
  private T head;

  Cursor(Iterator<T> values, Function<T, WorkerId> id) {
    this.values = values;
    this.id = id;
    advance();
  }

  /** The value of this id, which is larger than any asked before. */
  Optional<T> at(WorkerId wanted) {
    while (head != null && id.apply(head).compareTo(wanted) < 0) {
      advance();
    }
    if (head == null || !id.apply(head).equals(wanted)) {
      return Optional.empty();
    }
    T found = head;
    advance();
    return Optional.of(found);
  }

  private void advance() {
    head = values.hasNext() ? values.next() : null;
  }
}
