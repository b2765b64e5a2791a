package dev.muster.cli.elastic;

import dev.muster.protocol.run.Event;
import dev.muster.protocol.run.EventTail;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFolder;
import dev.muster.protocol.run.RunState;
import dev.muster.worker.data.Audit;
import dev.muster.worker.data.OrderAudit;
import dev.muster.worker.data.OrderAudit.Formed;
import dev.muster.worker.data.SampleAudit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What an elastic run shows, from its folder alone.
 *
 * @param kills single ranks that got a SIGKILL
 * @param audit of the sample logs
 * @param expected what the trainer must report, computed from the seed without any run
 * @param disorder what the logs say otherwise than the seed and the journal
 * @param splits events that say that ranks ended with different states
 */
public record ElasticEvidence(
    ElasticPlan plan,
    Result result,
    int kills,
    Audit audit,
    String expected,
    JournalGroups journal,
    List<String> disorder,
    List<Event> splits) {

  static ElasticEvidence of(RunFolder folder, ElasticPlan plan, Result result, int kills)
      throws IOException {
    var logs = logs(folder);
    var journal = JournalGroups.of(folder);
    long steps = plan.steps();
    return new ElasticEvidence(
        plan,
        result,
        kills,
        SampleAudit.of(logs),
        OrderTrainer.report(
            OrderFold.of(plan.sampler(), steps), plan.epochs() * plan.samples(), steps),
        journal,
        OrderAudit.findings(logs, plan.sampler(), journal.groups(), steps),
        splits(folder));
  }

  private static List<Path> logs(RunFolder folder) throws IOException {
    try (var files = Files.list(folder.samples())) {
      return files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
    }
  }

  private static List<Event> splits(RunFolder folder) throws IOException {
    return new EventTail(folder.events())
        .poll().stream().filter(event -> event.topic().equals("parameters.differ")).toList();
  }

  /** World size of each group, in order. */
  public List<Integer> worlds() {
    return journal.groups().stream().map(Formed::worldSize).toList();
  }

  /** Everything that is not as it must be, in words; empty when the run proves its point. */
  public List<String> complaints() {
    var all = new ArrayList<String>();
    require(all, result.state() == RunState.SUCCEEDED, "state=" + result.state());
    require(all, audit.exactlyOnce(), "not exactly once: " + audit.findings());
    require(all, audit.committedSteps() == plan.steps(), "steps=" + audit.committedSteps());
    require(all, audit.delivered() == plan.epochs() * plan.samples(), "used=" + audit.delivered());
    require(
        all,
        result.report().contains(expected),
        "another order: expected=" + expected + " actual=" + result.report());
    require(all, splits.isEmpty(), "ranks differ: " + splits);
    require(all, journal.verdict().same(), "the replay decided otherwise");
    require(all, disorder.isEmpty(), "not what seed and journal say: " + disorder);
    require(all, reached(), "expected worlds=" + plan.worlds() + " actual=" + worlds());
    return all;
  }

  private static void require(List<String> complaints, boolean holds, String otherwise) {
    if (!holds) {
      complaints.add(otherwise);
    }
  }

  /** The planned worlds in their order, others may lie between. */
  private boolean reached() {
    Iterator<Integer> worlds = worlds().iterator();
    return plan.worlds().stream()
        .allMatch(world -> {
          while (worlds.hasNext()) {
            if (worlds.next().equals(world)) {
              return true;
            }
          }
          return false;
        });
  }

  /** One paragraph for a person. */
  public List<String> lines() {
    var lines = new ArrayList<String>();
    lines.add(
        "worlds "
            + journal.groups().stream()
                .map(g -> g.worldSize() + "@" + g.startStep())
                .collect(Collectors.joining(" ")));
    lines.add(
        "used %d of %d samples x %d epochs, duplicates %d, missing %d, steps %d, redone %d (%d samples)"
            .formatted(
                audit.delivered(),
                plan.samples(),
                plan.epochs(),
                audit.duplicates(),
                audit.missing(),
                audit.committedSteps(),
                audit.redoneSteps(),
                audit.redoneSamples()));
    lines.add("from the seed alone: " + expected);
    result.report().forEach(line -> lines.add("from the run:        " + line));
    lines.add(
        "journal: %d entries, %d decisions, %s; logs against seed and journal: %s"
            .formatted(
                journal.verdict().entries(),
                journal.verdict().decisions(),
                journal.verdict().same() ? "decided the same again" : "DIFFERENT",
                disorder.isEmpty() ? "every share of every rank as they say" : "DIFFERENT"));
    return lines;
  }
}
