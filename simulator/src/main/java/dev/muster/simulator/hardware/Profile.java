package dev.muster.simulator.hardware;

import dev.muster.simulator.fault.Span;
import dev.muster.simulator.fault.Topology.Scope;
import java.util.List;
import java.util.Optional;

/**
 * How a kind of hardware fails, and what a recovery costs on it.
 *
 * @param per1000NodeDays failures of single nodes, mean over lemons and others
 * @param nodeShare of them that take the host down until it is repaired; the rest end one process
 * @param lemonShare of the nodes
 * @param lemonFactor how many times as often a lemon fails as another
 * @param repair how long a host is away
 * @param start from the launch of a process until it is ready
 * @param join collective initialisation
 * @param restore until a newcomer holds the state of its group
 * @param saves what saving a state costs; empty where nothing is published
 */
public record Profile(
    String name,
    String about,
    double per1000NodeDays,
    double nodeShare,
    List<Cause> causes,
    double lemonShare,
    double lemonFactor,
    Span repair,
    List<Domain> domains,
    Slow slow,
    Curve start,
    Curve join,
    Curve restore,
    Optional<Saves> saves,
    List<Figure> figures) {

  public Profile {
    causes = List.copyOf(causes);
    domains = List.copyOf(domains);
    figures = List.copyOf(figures);
  }

  /** Bytes a second, as {@link dev.muster.simulator.checkpoint.Saving} has them. */
  public record Saves(
      long copyPerSecond, long hostCopyPerSecond, long allocatePerSecond, long storagePerSecond) {}

  /**
   * @param weight its share is this over the sum
   * @param hangs whether the process stands still instead of ending
   */
  public record Cause(String name, double weight, boolean hangs) {}

  /**
   * Events that strike all nodes of a domain at once.
   *
   * @param per1000Days for each 1,000 domains of that scope
   */
  public record Domain(Scope scope, double per1000Days, Span length) {}

  /**
   * Hosts that slow down without failing.
   *
   * @param speed what is left of it
   */
  public record Slow(double per1000NodeDays, double speed, Span length) {}
}
