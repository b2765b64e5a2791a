package dev.muster.protocol.job;

import com.typesafe.config.ConfigUtil;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Writes settings as a configuration file with every key spelled out. */
final class JobSpecWriter {
  private final StringBuilder text =
      new StringBuilder("# The effective configuration of this run.\n");

  private JobSpecWriter() {}

  static String render(Settings settings) {
    var writer = new JobSpecWriter();
    writer.job(settings.job());
    writer.checkpoint(settings.job().checkpoint());
    writer.data(settings.job().data());
    writer.worker(settings.job().worker());
    writer.line(Keys.LISTEN, ConfigUtil.quoteString(settings.master().listen()));
    writer.line(Keys.LEASE, Units.duration(settings.master().leaseNs()));
    writer.line(Keys.BEAT, Units.duration(settings.master().beatNs()));
    writer.line(Keys.AGENTS, settings.agents());
    return writer.text.toString();
  }

  private void job(JobSpec job) {
    line(Keys.NAME, ConfigUtil.quoteString(job.name()));
    line(Keys.SEED, job.seed());
    line(Keys.STEPS, job.steps());
    line(Keys.WORKERS, job.workers());
    line(Keys.MIN_WORKERS, job.minWorkers());
    line(Keys.SPARES, job.spares());
    line(Keys.REPLACE, job.replace());
    line(Keys.MAX_RESTARTS, job.maxRestarts());
    line(Keys.MAX_INFRASTRUCTURE_FAILURES, job.maxInfrastructureFailures());
    line(Keys.WAIT_FOR_WORKERS, Units.duration(job.waitForWorkersNs()));
    line(Keys.LAST_CALL, Units.duration(job.lastCallNs()));
    line(Keys.START_TIMEOUT, Units.duration(job.startTimeoutNs()));
    line(Keys.GRACE, Units.duration(job.graceNs()));
    line(Keys.STORE, job.worker().store().name().toLowerCase(Locale.ROOT));
    line(Keys.HANG_FACTOR, job.hang().factor());
    line(Keys.HANG_FLOOR, Units.duration(job.hang().floorNs()));
    line(Keys.FAULTS, JobSpecReader.list(job.faults().stream().map(Units::fault).toList()));
  }

  private void checkpoint(JobSpec.Checkpoint checkpoint) {
    line(Keys.MEMORY_EVERY, Units.steps(checkpoint.memoryEvery()));
    line(Keys.COPIES, checkpoint.copies());
    line(Keys.COPY, Units.interval(checkpoint.copyNs()));
    line(Keys.PERSIST, Units.interval(checkpoint.persistNs()));
    line(Keys.KEEP_LAST, checkpoint.keepLast());
    line(Keys.KEEP_EVERY, checkpoint.keepEvery());
    line(Keys.CHECKPOINTS, ConfigUtil.quoteString(checkpoint.folder()));
  }

  private void data(JobSpec.Data data) {
    line(Keys.DATA_MODE, data.leased() ? "leased" : "step");
    line(Keys.RANGE_SIZE, data.rangeSize());
  }

  private void worker(JobSpec.WorkerSpec worker) {
    line(Keys.MANAGED, worker.managed());
    line(Keys.COMMAND, JobSpecReader.list(worker.command()));
    map(Keys.ENVIRONMENT, worker.environment());
    map(Keys.SETTINGS, worker.settings());
    line(Keys.SHARED_BYTES, Units.bytes(worker.sharedBytesPerRank()));
    line(Keys.GPUS, worker.gpus().word());
  }

  private void line(Key<?> key, Object value) {
    text.append(key.path()).append(" = ").append(value).append('\n');
  }

  private void map(Key<?> key, Map<String, String> map) {
    text.append(key.path()).append(" {\n");
    new TreeMap<>(map)
        .forEach((name, value) ->
            text.append("  ")
                .append(ConfigUtil.quoteString(name))
                .append(" = ")
                .append(ConfigUtil.quoteString(value))
                .append('\n'));
    text.append("}\n");
  }
}
