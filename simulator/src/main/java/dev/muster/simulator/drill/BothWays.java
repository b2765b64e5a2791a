package dev.muster.simulator.drill;

import dev.muster.protocol.core.Observation;
import dev.muster.simulator.cluster.ClusterListener;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A drill played twice from one seed: with beats and looks that are computed while nothing can come
 * of them, and with each of them played. What the master tells has to be the same, word for word at
 * the same nanosecond.
 *
 * @param computed all that the master told, with the nanosecond
 * @param played the same of the other way
 */
public record BothWays(List<String> computed, List<String> played) {
  private static final String NOTHING = "nothing further";

  public static BothWays of(Drill drill, long seed) {
    return new BothWays(told(drill, seed, true), told(drill, seed, false));
  }

  private static List<String> told(Drill drill, long seed, boolean elides) {
    var lines = new ArrayList<String>();
    var listener =
        new ClusterListener() {
          @Override
          public void noted(long nowNs, Observation note) {
            lines.add(nowNs + " " + note.topic() + ": " + note.text());
          }
        };
    DrillRun.play(drill, drill.plan(seed), true, HostKind.CORE, elides, listener);
    return lines;
  }

  public boolean same() {
    return computed.equals(played);
  }

  /** Where they part; empty when they do not. */
  public String difference() {
    int lines = Math.max(computed.size(), played.size());
    return IntStream.range(0, lines)
        .filter(i -> !line(computed, i).equals(line(played, i)))
        .mapToObj(i -> "computed=" + line(computed, i) + " played=" + line(played, i))
        .findFirst()
        .orElse("");
  }

  private static String line(List<String> lines, int at) {
    return at < lines.size() ? lines.get(at) : NOTHING;
  }
}
