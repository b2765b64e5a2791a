package dev.muster.master.report;

import dev.muster.protocol.run.Recovery;
import dev.muster.protocol.run.Result;
import dev.muster.protocol.run.RunFolder;
import dev.muster.worker.data.Audit;
import dev.muster.worker.data.LastCommit;
import dev.muster.worker.data.SampleAudit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds to a result what the loaders of all ranks really delivered, joined from their logs in the
 * run folder.
 */
public record SampleCount(RunFolder folder) implements UnaryOperator<Result> {
  private static final Logger LOG = LoggerFactory.getLogger(SampleCount.class);

  /**
   * Unchanged when no rank on this host kept a log: a plain command, or a job that never trained.
   */
  @Override
  public Result apply(Result result) {
    try {
      var logs = logs();
      return logs.isEmpty() ? result : with(result, SampleAudit.of(logs));
    } catch (IOException unreadable) {
      LOG.error("cannot count the samples: folder={}", folder.samples(), unreadable);
      return result;
    }
  }

  /** Newest commit that the logs on this host witness; 0 without one. */
  public long lastCommittedStep() throws IOException {
    return LastCommit.of(logs()).step();
  }

  private List<Path> logs() throws IOException {
    if (!Files.isDirectory(folder.samples())) {
      return List.of();
    }
    try (var files = Files.list(folder.samples())) {
      return files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
    }
  }

  private static Result with(Result r, Audit audit) {
    audit.findings().forEach(finding -> LOG.error("samples: {}", finding));
    var samples =
        new Result.Samples(
            audit.committedSteps(),
            audit.delivered(),
            audit.duplicates(),
            audit.missing(),
            audit.exactlyOnce(),
            audit.redoneSteps());
    // a step may have been committed after the last beat that the master heard
    long steps = Math.max(r.steps(), audit.committedSteps());
    return new Result(
        r.state(),
        r.exitCode(),
        r.reason(),
        steps,
        r.generations(),
        r.finalLoss(),
        r.parametersDigest(),
        r.report(),
        samples,
        r.firstCause(),
        recoveries(r.recoveries(), audit.redone()),
        r.checkpointStep());
  }

  /** Each recovery redoes what the generations since the former one began and did not commit. */
  private static List<Recovery> recoveries(
      List<Recovery> recoveries, SortedMap<Long, Long> redone) {
    var counted = new ArrayList<Recovery>();
    long from = 0;
    for (var r : recoveries) {
      long steps =
          redone.subMap(from, r.generation()).values().stream().mapToLong(Long::longValue).sum();
      counted.add(
          new Recovery(
              r.generation(),
              r.cause(),
              r.detectMs(),
              r.decideMs(),
              r.revokeMs(),
              r.regroupMs(),
              r.stateMs(),
              r.firstStepMs(),
              r.totalMs(),
              steps,
              r.kind()));
      from = r.generation();
    }
    return counted;
  }
}
