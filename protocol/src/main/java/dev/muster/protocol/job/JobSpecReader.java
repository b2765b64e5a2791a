package dev.muster.protocol.job;

import com.typesafe.config.ConfigUtil;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Configuration to {@link Settings}: HOCON files and {@code -Dkey=value} over the defaults of
 * reference.conf. Everything is checked before anything is started, and all errors are told at
 * once. Reads files and the environment ({@code ${NAME}} in a file), nothing else; any thread.
 */
public final class JobSpecReader {
  private JobSpecReader() {}

  /**
   * Reads and checks.
   *
   * @param files weakest first; each must exist
   * @param overrides full key to value, in the order given; lists and sections in HOCON ({@link
   *     #list}), all others taken as they stand
   * @throws JobSpecException lists every error with key, value, file and line, what is accepted,
   *     nearest known key
   */
  public static Settings read(List<Path> files, Map<String, String> overrides)
      throws JobSpecException {
    var problems = new ArrayList<Problem>();
    var sources = new Sources(problems);
    var resolved = sources.resolve(sources.user(files, overrides));
    var checks = new Checks(resolved.all(), problems);
    checks.unknown(resolved.user());
    checks.read();
    checks.contradictions();
    if (!problems.isEmpty()) {
      throw new JobSpecException(problems);
    }
    return settings(checks);
  }

  private static Settings settings(Checks from) {
    var master =
        new MasterSettings(from.get(Keys.LISTEN), from.get(Keys.LEASE), from.get(Keys.BEAT));
    return new Settings(job(from), master, from.get(Keys.AGENTS));
  }

  private static JobSpec job(Checks from) {
    return new JobSpec(
        from.get(Keys.NAME),
        from.get(Keys.SEED),
        from.get(Keys.STEPS),
        from.get(Keys.WORKERS),
        from.get(Keys.MIN_WORKERS),
        from.get(Keys.SPARES),
        from.get(Keys.REPLACE),
        from.get(Keys.MAX_RESTARTS),
        from.get(Keys.MAX_INFRASTRUCTURE_FAILURES),
        from.get(Keys.WAIT_FOR_WORKERS),
        from.get(Keys.LAST_CALL),
        from.get(Keys.START_TIMEOUT),
        from.get(Keys.GRACE),
        new JobSpec.Hang(from.get(Keys.HANG_FACTOR), from.get(Keys.HANG_FLOOR)),
        from.get(Keys.FAULTS),
        new JobSpec.Checkpoint(
            from.get(Keys.MEMORY_EVERY),
            from.get(Keys.COPIES),
            from.get(Keys.COPY),
            from.get(Keys.PERSIST),
            from.get(Keys.KEEP_LAST),
            from.get(Keys.KEEP_EVERY),
            from.get(Keys.CHECKPOINTS)),
        new JobSpec.Data(from.get(Keys.RANGE_SIZE)),
        worker(from));
  }

  private static JobSpec.WorkerSpec worker(Checks from) {
    return new JobSpec.WorkerSpec(
        from.get(Keys.MANAGED),
        from.get(Keys.COMMAND),
        from.get(Keys.ENVIRONMENT),
        from.get(Keys.SETTINGS),
        from.get(Keys.SHARED_BYTES),
        JobSpec.Gpus.of(from.get(Keys.GPUS)),
        JobSpec.Store.valueOf(from.get(Keys.STORE).toUpperCase(Locale.ROOT)));
  }

  /**
   * The settings as HOCON that {@link #read} turns into an equal value: the run folder's job.conf.
   */
  public static String render(Settings settings) {
    return JobSpecWriter.render(settings);
  }

  /** A list as the value of an override, for example of {@code muster.worker.command}. */
  public static String list(List<String> elements) {
    return elements.stream()
        .map(ConfigUtil::quoteString)
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
