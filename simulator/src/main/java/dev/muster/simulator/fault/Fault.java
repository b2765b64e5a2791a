package dev.muster.simulator.fault;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * One timed fault with nothing left to draw.
 *
 * @param atNs when, counted from the start
 * @param nodes which, empty for a verb that strikes none in particular
 * @param forNs how long it lasts; ignored by verbs that have no end
 * @param factor share, rate or multiple, as the verb says; 1 when it takes none
 * @param byNs delay or step of a clock; 0 when the verb takes none
 * @param draw chooses among the workers of a node
 * @param cause in words, empty when there is nothing to add
 * @param line which line of the drill it comes from, -1: the hardware profile
 * @param index its number among those of that line
 */
public record Fault(
    long atNs,
    Verb verb,
    List<Integer> nodes,
    long forNs,
    double factor,
    long byNs,
    int draw,
    String cause,
    int line,
    int index) {

  /** The order in which a run strikes them. */
  public static final Comparator<Fault> ORDER =
      Comparator.comparingLong(Fault::atNs)
          .thenComparingInt(Fault::line)
          .thenComparingInt(Fault::index);

  public Fault {
    nodes = List.copyOf(nodes);
    if (verb.refused() || verb.composite() || verb.clusterWide() != nodes.isEmpty()) {
      throw new IllegalArgumentException(
          "not an explicit fault: do=" + verb.text() + " nodes=" + nodes);
    }
  }

  public Fault withNodes(List<Integer> others) {
    return new Fault(atNs, verb, others, forNs, factor, byNs, draw, cause, line, index);
  }

  public Fault at(long otherNs) {
    return new Fault(otherNs, verb, nodes, forNs, factor, byNs, draw, cause, line, index);
  }

  Fault lasting(long otherNs) {
    return new Fault(atNs, verb, nodes, otherNs, factor, byNs, draw, cause, line, index);
  }

  /** {@code node-down n3 for 600.000 s (power supply)}. */
  @Override
  public String toString() {
    return verb.text()
        + (nodes.isEmpty() ? "" : " " + names())
        + (forNs > 0 ? String.format(Locale.ROOT, " for %.3f s", forNs / 1e9) : "")
        + (verb.setting() == Verb.Setting.FACTOR ? " factor " + factor : "")
        + (verb.setting() == Verb.Setting.BY
            ? String.format(Locale.ROOT, " by %.3f s", byNs / 1e9)
            : "")
        + (cause.isEmpty() ? "" : " (" + cause + ")");
  }

  private String names() {
    return nodes.size() > 8
        ? "n" + nodes.getFirst() + " .. n" + nodes.getLast() + ", " + nodes.size() + " in all"
        : nodes.stream().map(n -> "n" + n).collect(Collectors.joining(" "));
  }
}
