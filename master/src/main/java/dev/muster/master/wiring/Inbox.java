package dev.muster.master.wiring;

import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * Events for an actor that may not have started yet: kept in order until it has; dropped after the
 * end. Any thread.
 */
final class Inbox<E> {
  private final List<E> early = new ArrayList<>();
  private ActorRef<E> target;
  private boolean closed;

  synchronized void tell(E event) {
    if (closed) {
      return;
    }
    if (target == null) {
      early.add(event);
    } else {
      target.tell(event);
    }
  }

  synchronized void close() {
    closed = true;
  }

  synchronized void open(ActorRef<E> actor) {
    early.forEach(actor::tell);
    early.clear();
    target = actor;
  }
}
