package dev.muster.worker.checkpoint.storage;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Names below the root of a {@link PosixStorage}. Whatever is named otherwise is not ours. */
final class StorageNames {
  private static final String NUMBER = "(0|[1-9][0-9]{0,17})";
  private static final Pattern STEP = Pattern.compile("step-" + NUMBER);
  private static final String SHARD = "shard-(?:0|[1-9][0-9]{0,8})\\.g" + NUMBER;
  private static final Pattern PART = Pattern.compile(SHARD + "\\.json");
  private static final Pattern PUT = Pattern.compile(SHARD + "\\.(safetensors|json)");
  private static final Pattern TEMPORARY = Pattern.compile("\\.(.+)\\.[0-9a-f]{1,16}\\.tmp");

  private StorageNames() {}

  static String step(long step) {
    return "step-" + step;
  }

  static OptionalLong stepOf(String directory) {
    var match = STEP.matcher(directory);
    return match.matches() ? OptionalLong.of(Long.parseLong(match.group(1))) : OptionalLong.empty();
  }

  /**
   * Hidden, and another each time: two writers never write into one file, nor rename the other's.
   */
  static String temporary(String file) {
    long unique = System.nanoTime() << 22 ^ ProcessHandle.current().pid();
    return "." + file + "." + Long.toHexString(unique) + ".tmp";
  }

  /** The file of ours that it is to become, if it is a temporary one. */
  static Optional<String> temporaryOf(String name) {
    var match = TEMPORARY.matcher(name);
    return match.matches() && finished(match.group(1))
        ? Optional.of(match.group(1))
        : Optional.empty();
  }

  static boolean temporaryOf(String name, String file) {
    return temporaryOf(name).filter(file::equals).isPresent();
  }

  /** Of the group that a shard or part is of, or that a temporary file is to be one of. */
  static OptionalLong generationOf(String name) {
    var temporary = TEMPORARY.matcher(name);
    var match = PUT.matcher(temporary.matches() ? temporary.group(1) : name);
    return match.matches() ? OptionalLong.of(Long.parseLong(match.group(1))) : OptionalLong.empty();
  }

  /** What may be put: a shard or a part. */
  static boolean put(String name) {
    return PUT.matcher(name).matches();
  }

  static boolean part(String name) {
    return PART.matcher(name).matches();
  }

  static boolean ours(String name) {
    return finished(temporaryOf(name).orElse(name));
  }

  static boolean finished(String name) {
    return put(name) || name.equals(CheckpointStorage.MANIFEST);
  }
}
