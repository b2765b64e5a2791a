package dev.muster.master.jmx;

import dev.muster.protocol.run.Progress;
import dev.muster.protocol.run.Recovery;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@link JobMXBean} over the newest snapshot. */
final class PublishedJob implements JobMXBean {
  private final JobOperations operations;
  private volatile JobSnapshot snapshot;

  PublishedJob(JobSnapshot snapshot, JobOperations operations) {
    this.snapshot = snapshot;
    this.operations = operations;
  }

  void publish(JobSnapshot newer) {
    snapshot = newer;
  }

  @Override
  public String getState() {
    return progress().state().name();
  }

  @Override
  public String getStateDetail() {
    return progress().detail();
  }

  @Override
  public long getGeneration() {
    return progress().generation();
  }

  @Override
  public int getWorldSize() {
    return progress().workers();
  }

  @Override
  public int getMinWorldSize() {
    return snapshot.minWorkers();
  }

  @Override
  public int getMaxWorldSize() {
    return progress().workersWanted();
  }

  @Override
  public int getSpares() {
    return progress().spares();
  }

  @Override
  public long getStep() {
    return progress().step();
  }

  @Override
  public long getTotalSteps() {
    return progress().steps();
  }

  @Override
  public double getProgressRatio() {
    var progress = progress();
    return progress.steps() > 0 ? (double) progress.step() / progress.steps() : Double.NaN;
  }

  @Override
  public double getEtaSeconds() {
    var seen = snapshot;
    return (seen.progress().steps() - seen.progress().step()) * seen.stepP50Seconds();
  }

  @Override
  public double getLoss() {
    return progress().loss();
  }

  @Override
  public double getStepP50Seconds() {
    return snapshot.stepP50Seconds();
  }

  @Override
  public double getStepP99Seconds() {
    return snapshot.stepP99Seconds();
  }

  @Override
  public double getUnitsPerSecond() {
    return progress().unitsPerSecond();
  }

  @Override
  public String getUnit() {
    return progress().unit();
  }

  @Override
  public int getRecoveriesTotal() {
    return progress().recoveries();
  }

  @Override
  public long getRestartsTotal() {
    return snapshot.restartsByCause().values().stream().mapToLong(Long::longValue).sum();
  }

  @Override
  public Map<String, Long> getRestartsByCause() {
    return snapshot.restartsByCause();
  }

  @Override
  public int getRestartsRemaining() {
    return snapshot.restartsRemaining();
  }

  @Override
  public JobSnapshot.Failure getLastFailure() {
    return snapshot.lastFailure();
  }

  @Override
  public double getLastRecoverySeconds() {
    var last = snapshot.lastRecovery();
    return last == null ? Double.NaN : last.totalMs() / 1e3;
  }

  @Override
  public RecoveryRow getLastRecovery() {
    var last = snapshot.lastRecovery();
    return last == null ? null : row(last);
  }

  @Override
  public List<RankRow> getRanks() {
    var ranks = progress().ranks();
    long furthest = ranks.stream().mapToLong(Progress.Rank::step).max().orElse(0);
    return ranks.stream().map(rank -> row(rank, furthest)).toList();
  }

  @Override
  public long getUpdatedEpochMillis() {
    return progress().updatedEpochMillis();
  }

  @Override
  public OperationResult stop(String confirm, long expectedGeneration) {
    return operations.stop(snapshot, confirm, expectedGeneration);
  }

  @Override
  public OperationResult checkpointNow() {
    return operations.checkpoint(snapshot);
  }

  private Progress progress() {
    return snapshot.progress();
  }

  private static RankRow row(Progress.Rank rank, long furthest) {
    long lag = rank.step() < 0 ? -1 : furthest - rank.step();
    return new RankRow(rank.rank(), rank.worker(), rank.node(), rank.pid(), rank.step(), lag);
  }

  private static RecoveryRow row(Recovery r) {
    return new RecoveryRow(
        r.generation(),
        r.cause(),
        r.kind() == null ? "" : r.kind().name().toLowerCase(Locale.ROOT),
        r.detectMs() / 1e3,
        r.decideMs() / 1e3,
        r.revokeMs() / 1e3,
        r.regroupMs() / 1e3,
        r.stateMs() / 1e3,
        r.firstStepMs() / 1e3,
        r.totalMs() / 1e3,
        r.stepsRedone());
  }
}
