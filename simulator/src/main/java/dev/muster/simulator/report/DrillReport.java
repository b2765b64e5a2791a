package dev.muster.simulator.report;

import dev.muster.simulator.account.History;
import dev.muster.simulator.drill.Finding;
import dev.muster.simulator.drill.Status;
import java.util.Comparator;
import java.util.List;

/**
 * Everything that a report shows.
 *
 * @param seeds in order, at least one
 * @param others the same seeds under policy B; empty when there is none
 * @param history of the worst seed
 */
public record DrillReport(
    Setting setting, List<Judged> seeds, List<Judged> others, History history) {

  public DrillReport {
    seeds = List.copyOf(seeds);
    others = List.copyOf(others);
  }

  public Status status() {
    return Status.worst(seeds.stream().map(Judged::status).toList());
  }

  public Judged worst() {
    return worst(seeds);
  }

  /** The one to look at first. */
  public static Judged worst(List<Judged> seeds) {
    return seeds.stream().min(Judged.WORST_FIRST).orElseThrow();
  }

  /** Seeds that are not met, worst first. */
  List<Judged> bad() {
    return seeds.stream()
        .filter(judged -> judged.status() != Status.MET)
        .sorted(Judged.WORST_FIRST)
        .toList();
  }

  /** Over all seeds, smallest first. */
  double[] goodputs() {
    return seeds.stream().mapToDouble(judged -> judged.outcome().goodput()).sorted().toArray();
  }

  /** The worst finding of each expectation, in the order of the drill. */
  List<Finding> findings() {
    return seeds.getFirst().findings().stream()
        .map(Finding::expectation)
        .map(name ->
            seeds.stream()
                .sorted(Judged.WORST_FIRST)
                .flatMap(judged -> judged.findings().stream())
                .filter(finding -> finding.expectation().equals(name))
                .max(Comparator.comparing(Finding::status)) // the first of equal ones
                .orElseThrow())
        .toList();
  }
}
