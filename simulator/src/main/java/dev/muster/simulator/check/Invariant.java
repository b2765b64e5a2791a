package dev.muster.simulator.check;

import dev.muster.simulator.cluster.ClusterListener;
import java.util.Locale;
import java.util.function.BiConsumer;

/**
 * One promise, checked whenever something happens that could break it, at a cost that does not grow
 * with the fleet.
 */
abstract class Invariant implements ClusterListener {
  private BiConsumer<Long, String> violations = (nowNs, text) -> {};

  final void tell(BiConsumer<Long, String> to) {
    violations = to;
  }

  /** Its name in reports: {@code one-generation-trains}. */
  final String name() {
    return getClass().getSimpleName().replaceAll("(?<=.)([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  final void violated(long nowNs, String text) {
    violations.accept(nowNs, name() + ": " + text);
  }

  /** A fault strikes, or goes on, until then. */
  void disturbed(long untilNs) {}

  /** From now on the job is to end, as was asked for: that it does not train is no matter. */
  void jobEnds() {}

  /** The drill is over; what should have happened by now is due. */
  void end(long nowNs) {}
}
