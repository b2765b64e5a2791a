package dev.muster.simulator.actors;

import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ChildFailed;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** Parent of all processes: starts and kills them; one that fails on its own fails the run. */
final class Guardian {
  sealed interface Order {}

  record Start<T>(Behavior<T> process, String name, Consumer<ActorRef<T>> started)
      implements Order {}

  record Kill(ActorRef<?> process) implements Order {}

  private Guardian() {}

  static Behavior<Order> of(Consumer<Throwable> fatal) {
    return Behaviors.receive(
        (context, order) -> {
          switch (order) {
            case Start<?> start -> start(context, start);
            case Kill kill -> context.stop(kill.process());
          }
          return Behaviors.same();
        },
        (context, signal) -> {
          if (signal instanceof ChildFailed failed) {
            fatal.accept(failed.getCause());
          }
          return signal instanceof Terminated ? Behaviors.same() : Behaviors.unhandled();
        });
  }

  private static <T> void start(ActorContext<Order> context, Start<T> order) {
    var process = context.spawn(order.process(), order.name());
    context.watch(process);
    order.started().accept(process);
  }
}
