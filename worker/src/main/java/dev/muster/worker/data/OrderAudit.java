package dev.muster.worker.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

/**
 * Compares what the loaders of a run delivered with what its seed and its groups alone say. {@link
 * SampleAudit} counts and never asks the sampler; this asks nobody else.
 *
 * <p>A step belongs to the last group that began before it. Of such a step each rank's share must
 * be there once; of any other attempt some ranks may have died before they delivered.
 */
public final class OrderAudit {
  private final Sampler sampler;
  private final TreeMap<Long, Formed> groups = new TreeMap<>();
  private final TreeMap<Long, TreeMap<Long, List<String>>> delivered = new TreeMap<>();
  private final List<String> findings = new ArrayList<>();

  private OrderAudit(Sampler sampler, List<Formed> groups) {
    this.sampler = sampler;
    groups.forEach(group -> this.groups.put(group.generation(), group));
  }

  /**
   * One group of the run.
   *
   * @param startStep last committed step that it went on from
   */
  public record Formed(long generation, int worldSize, long startStep) {}

  /**
   * What differs, in words, the first {@link SampleAudit#MAX_FINDINGS}; empty when nothing does.
   *
   * @param logs of all workers of the run, also of those that died
   * @param groups all of the run
   * @param steps that the run committed
   * @throws IOException a file cannot be read
   */
  public static List<String> findings(
      List<Path> logs, Sampler sampler, List<Formed> groups, long steps) throws IOException {
    var audit = new OrderAudit(sampler, groups);
    SampleLines.read(logs, audit::take);
    audit.compare(steps);
    return List.copyOf(audit.findings);
  }

  private void take(SampleLines.Line line) {
    if (line instanceof SampleLines.Delivered d) {
      delivered
          .computeIfAbsent(d.generation(), g -> new TreeMap<>())
          .computeIfAbsent(d.step(), s -> new ArrayList<>())
          .add(Arrays.toString(d.indices()));
    }
  }

  private void compare(long steps) {
    for (long step = 1; step <= steps; step++) {
      var group = groupOf(step);
      if (group == null) {
        find("no group began before step=" + step);
      } else if (!delivered.getOrDefault(group.generation(), new TreeMap<>()).containsKey(step)) {
        find("nothing was delivered: step=" + step + " " + group);
      }
    }
    delivered.forEach((generation, attempts) ->
        attempts.forEach(
            (step, shares) -> compare(groups.get(generation), generation, step, shares)));
  }

  private Formed groupOf(long step) {
    return groups.descendingMap().values().stream()
        .filter(group -> group.startStep() < step)
        .findFirst()
        .orElse(null);
  }

  private void compare(Formed group, long generation, long step, List<String> shares) {
    if (group == null) {
      find("delivered in a group that was never formed: generation=" + generation);
      return;
    }
    var expected = new ArrayList<String>();
    for (int rank = 0; rank < group.worldSize(); rank++) {
      expected.add(Arrays.toString(sampler.share(step, rank, group.worldSize())));
    }
    for (var share : shares) {
      if (!expected.remove(share)) {
        find("no share of any rank: step=" + step + " " + group + " samples=" + share);
      }
    }
    if (group.equals(groupOf(step)) && !expected.isEmpty()) {
      find("shares not delivered: step=" + step + " " + group + " missing=" + expected.size());
    }
  }

  private void find(String finding) {
    if (findings.size() < SampleAudit.MAX_FINDINGS) {
      findings.add(finding);
    }
  }
}
