package dev.muster.protocol.job;

import static java.util.concurrent.TimeUnit.DAYS;
import static java.util.concurrent.TimeUnit.HOURS;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Every setting there is, its unit and range. Defaults and explanations are in reference.conf. */
final class Keys {
  static final int WORKERS_MAX = 16_384;

  private static final long MILLISECOND = MILLISECONDS.toNanos(1);
  private static final long HOUR = HOURS.toNanos(1);
  private static final long MONTH = DAYS.toNanos(30);

  static final Key<String> NAME = Parsers.line("muster.job.name");
  static final Key<Long> SEED = Parsers.whole("muster.job.seed", Long.MIN_VALUE, Long.MAX_VALUE);
  static final Key<Long> STEPS = Parsers.whole("muster.job.steps", 1, Long.MAX_VALUE);
  static final Key<Integer> WORKERS = Parsers.count("muster.job.workers", 1, WORKERS_MAX);
  static final Key<Integer> MIN_WORKERS = Parsers.count("muster.job.min-workers", 1, WORKERS_MAX);
  static final Key<Integer> SPARES = Parsers.count("muster.job.spares", 0, WORKERS_MAX);
  static final Key<Boolean> REPLACE = Parsers.flag("muster.job.replace");
  static final Key<Integer> MAX_RESTARTS =
      Parsers.count("muster.job.max-restarts", 0, Integer.MAX_VALUE);
  static final Key<Integer> MAX_INFRASTRUCTURE_FAILURES =
      Parsers.count("muster.job.max-infrastructure-failures", 0, Integer.MAX_VALUE);
  static final Key<Long> WAIT_FOR_WORKERS =
      Parsers.duration("muster.job.wait-for-workers", 0, MONTH);
  static final Key<Long> LAST_CALL = Parsers.duration("muster.job.last-call", 0, HOUR);
  static final Key<Long> START_TIMEOUT =
      Parsers.duration("muster.job.start-timeout", MILLISECOND, MONTH);
  static final Key<Long> GRACE = Parsers.duration("muster.job.grace", 0, HOUR);
  static final Key<String> STORE = Parsers.oneOf("muster.job.store", List.of("agent", "trainer"));
  static final Key<Double> HANG_FACTOR = Parsers.number("muster.job.hang.factor", 1, 1000);
  static final Key<Long> HANG_FLOOR = Parsers.duration("muster.job.hang.floor", MILLISECOND, MONTH);
  static final Key<List<JobSpec.Fault>> FAULTS = Parsers.faults("muster.job.faults");
  static final Key<Integer> MEMORY_EVERY =
      Parsers.steps("muster.checkpoint.memory-every", Integer.MAX_VALUE);
  static final Key<Integer> COPIES = Parsers.count("muster.checkpoint.copies", 1, 16);
  static final Key<Long> COPY = Parsers.interval("muster.checkpoint.copy", MONTH);
  static final Key<Long> PERSIST = Parsers.interval("muster.checkpoint.persist", MONTH);
  static final Key<Integer> KEEP_LAST =
      Parsers.count("muster.checkpoint.keep-last", 1, Integer.MAX_VALUE);
  static final Key<Long> KEEP_EVERY =
      Parsers.whole("muster.checkpoint.keep-every", 0, Long.MAX_VALUE);
  static final Key<String> CHECKPOINTS = Parsers.path("muster.checkpoint.folder");
  static final Key<String> DATA_MODE = Parsers.oneOf("muster.data.mode", List.of("step", "leased"));
  static final Key<Integer> RANGE_SIZE =
      Parsers.count("muster.data.range-size", 0, Integer.MAX_VALUE);
  static final Key<Boolean> MANAGED = Parsers.flag("muster.worker.managed");
  static final Key<List<String>> COMMAND = Parsers.lines("muster.worker.command");
  static final Key<Map<String, String>> ENVIRONMENT = Parsers.free("muster.worker.environment");
  static final Key<Map<String, String>> SETTINGS = Parsers.free("muster.worker.settings");
  static final Key<Long> SHARED_BYTES =
      Parsers.bytes("muster.worker.shared-bytes-per-rank", 1 << 12, 1L << 40);
  static final Key<String> GPUS =
      Parsers.oneOf("muster.worker.gpus", List.of("off", "auto", "nccl"));
  static final Key<String> LISTEN = Parsers.address("muster.master.listen");
  static final Key<Long> LEASE = Parsers.duration("muster.master.lease", 100 * MILLISECOND, HOUR);
  static final Key<Long> BEAT = Parsers.duration("muster.master.beat", 10 * MILLISECOND, HOUR);
  static final Key<Integer> AGENTS = Parsers.count("muster.agents.count", 1, 1024);

  /** In the order of reference.conf. */
  static final List<Key<?>> ALL =
      List.of(
          NAME,
          SEED,
          STEPS,
          WORKERS,
          MIN_WORKERS,
          SPARES,
          REPLACE,
          MAX_RESTARTS,
          MAX_INFRASTRUCTURE_FAILURES,
          WAIT_FOR_WORKERS,
          LAST_CALL,
          START_TIMEOUT,
          GRACE,
          STORE,
          HANG_FACTOR,
          HANG_FLOOR,
          FAULTS,
          MEMORY_EVERY,
          COPIES,
          COPY,
          PERSIST,
          KEEP_LAST,
          KEEP_EVERY,
          CHECKPOINTS,
          DATA_MODE,
          RANGE_SIZE,
          MANAGED,
          COMMAND,
          ENVIRONMENT,
          SETTINGS,
          SHARED_BYTES,
          GPUS,
          LISTEN,
          LEASE,
          BEAT,
          AGENTS);

  private Keys() {}

  static Optional<Key<?>> find(String path) {
    return ALL.stream().filter(key -> key.path().equals(path)).findFirst();
  }

  /** Whether known keys lie below {@code path}. */
  static boolean section(String path) {
    return ALL.stream().anyMatch(key -> key.path().startsWith(path + "."));
  }

  /** Whether the value is a list or a section rather than one word. */
  static boolean structured(String path) {
    return Stream.of(FAULTS, COMMAND, ENVIRONMENT, SETTINGS)
        .anyMatch(key -> key.path().equals(path));
  }

  static String unknown(String path) {
    return "unknown key; nearest known key: " + nearest(path);
  }

  static String nearest(String path) {
    return NearestKey.of(path, ALL.stream().map(Key::path).toList());
  }
}
