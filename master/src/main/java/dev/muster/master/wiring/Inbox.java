package dev.muster.master.wiring;

import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/** Events for an actor that may not have started yet: kept in order until it has. Any thread. */
final class Inbox<E> {
  private final List<E> early = new ArrayList<>();
  private ActorRef<E> target;

  synchronized void tell(E event) {
    if (target == null) {
      early.add(event);
    } else {
      target.tell(event);
    }
  }

  synchronized void open(ActorRef<E> actor) {
    early.forEach(actor::tell);
    early.clear();
    target = actor;
  }
}
