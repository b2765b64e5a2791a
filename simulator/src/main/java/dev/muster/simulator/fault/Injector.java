package dev.muster.simulator.fault;

import dev.muster.protocol.core.Observation;
import java.util.ArrayList;
import java.util.List;

/**
 * Says when a run has to stop for which fault: those of its plan, and those that wait for an
 * observation. Keeps what it handed out, so that the same run can be played again without it.
 */
public final class Injector {
  /** Nothing is left to strike. */
  public static final long NEVER = Long.MAX_VALUE;

  private final Plan plan;
  private final List<Waiting> waiting;
  private final Expansion expansion;
  private final List<Fault> left; // in order
  private final List<Fault> struck = new ArrayList<>();
  private boolean changed;

  private static final class Waiting {
    final FaultSpec line;
    final Timing.When timing;
    int struck;

    Waiting(FaultSpec line, Timing.When timing) {
      this.line = line;
      this.timing = timing;
    }

    boolean over() {
      return timing.times() > 0 && struck >= timing.times();
    }
  }

  /**
   * @param lines only those that wait for something matter
   */
  public Injector(Plan plan, List<FaultSpec> lines, Topology fleet, Window window) {
    this.plan = plan;
    this.expansion = new Expansion(fleet, plan.seed(), window);
    this.left = new ArrayList<>(plan.faults());
    this.waiting = new ArrayList<>();
    for (var line : lines) {
      if (line.timing() instanceof Timing.When timing) {
        waiting.add(new Waiting(line, timing));
      }
    }
  }

  /** A line that waited for this strikes soon: at least 1 ns later, so that order is certain. */
  public void observed(Observation note, long nowNs) {
    for (var each : waiting) {
      if (!each.over() && each.timing.condition().holds(note)) {
        int index = each.struck++;
        long atNs = nowNs + expansion.delayNs(each.timing, each.line.line(), index);
        expansion.strike(each.line, index, atNs).forEach(this::insert);
      }
    }
  }

  private void insert(Fault fault) {
    int at = left.size();
    while (at > 0 && Fault.ORDER.compare(left.get(at - 1), fault) > 0) {
      at--;
    }
    left.add(at, fault);
    changed = true;
  }

  /** Whether {@link #nextNs} may be another than when it was asked last. */
  public boolean changed() {
    return changed;
  }

  /** When the next fault strikes: after all events up to then. */
  public long nextNs() {
    changed = false;
    return left.isEmpty() ? NEVER : left.getFirst().atNs();
  }

  /** Those to strike now. */
  public List<Fault> due(long nowNs) {
    int count = 0;
    while (count < left.size() && left.get(count).atNs() <= nowNs) {
      count++;
    }
    var due = List.copyOf(left.subList(0, count));
    left.subList(0, count).clear();
    struck.addAll(due);
    return due;
  }

  /** All that struck so far. */
  public Plan played() {
    return plan.with(struck);
  }
}
